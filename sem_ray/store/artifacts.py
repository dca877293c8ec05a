"""Content-addressed artifacts in a folder: `kind/identity/` with the files and what made them.

An artifact appears whole or not at all: it is written aside, synced and renamed. Whoever computes
one holds its lock, so two trials that need the same artifact make it once.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock

from sem_ray.checkpoint import Checkpoint, sync
from sem_ray.data.pixels.cache import PixelCache
from sem_ray.errors import BadInput, require_space, writing_to

STORE_VARIABLE = "SEM_RAY_STORE"
DEFAULT_STORE = "sem-ray-store"
REMEDY = f"free some space there, or point {STORE_VARIABLE} to a folder you can write"
READABLE = 0o644
"""Temporary files are their owner's alone, but a store may be shared."""


class Store:
    """A folder of artifacts, studies and records."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def open(cls, root: Path | str | None = None, *, make: bool = True) -> Store:
        """The store at `root`, `$SEM_RAY_STORE` or `./sem-ray-store`, checked to be writable.

        Raises `BadInput` where it is not, and where there is none and `make` is false: who only
        asks must leave no folder behind.
        """
        place = cls.place(root)
        with writing_to(place, REMEDY):
            if not make and not place.is_dir():
                raise BadInput(
                    f"no store at {place}: run `sem-ray sweep FILE` first, or name another with "
                    f"--store or {STORE_VARIABLE}"
                )
            place.mkdir(parents=True, exist_ok=True)
            try_writing(place)
        return cls(place)

    @staticmethod
    def place(root: Path | str | None = None) -> Path:
        """Where `open` looks, whatever is there."""
        return Path(root or os.environ.get(STORE_VARIABLE) or DEFAULT_STORE).absolute()

    def pixels(self, stream: bool | None = None) -> PixelCache:
        """Where decoded images go that are too many for memory, or all of them where `stream`."""
        return PixelCache(self.root / "pixels", stream)

    def require_space(self, size: int, what: str) -> None:
        """Raise `BadInput` where fewer than `size` bytes are free, before hours are spent."""
        require_space(self.root, size, what, REMEDY)

    def folder(self, kind: str, identity: str) -> Path:
        return self.root / kind / identity

    def find(self, kind: str, identity: str) -> Path | None:
        """The finished artifact's folder, or None."""
        folder = self.folder(kind, identity)
        return folder if folder.is_dir() else None

    @contextmanager
    def making(self, kind: str, identity: str) -> Iterator[None]:
        """Hold the artifact's lock; whoever waited finds it finished. The operating system frees
        the lock of a killed process."""
        place = self.root / "locks"
        lock = FileLock(place / f"{kind}-{identity}")
        with writing_to(place, REMEDY):
            place.mkdir(exist_ok=True)
            lock.acquire()
        try:
            self._sweep_up(kind, identity)
            yield
        finally:
            lock.release()

    @contextmanager
    def resuming(self, kind: str, identity: str) -> Iterator[Checkpoint]:
        """Where the making of an artifact stands; gone once the block ends well. Only for who holds
        the artifact's lock."""
        checkpoint = Checkpoint(self._checkpoints / f"{kind}-{identity}.safetensors")
        try:
            with writing_to(self.root, REMEDY):
                yield checkpoint
        finally:
            checkpoint.settle()
        checkpoint.remove()

    @contextmanager
    def writing(self, kind: str, identity: str) -> Iterator[Path]:
        """A folder to fill; it becomes the artifact when the block ends well, and vanishes when
        it does not. Only for who holds the artifact's lock and did not find it."""
        with writing_to(self.root, REMEDY), whole_folder(self.folder(kind, identity)) as aside:
            yield aside

    @property
    def _checkpoints(self) -> Path:
        return self.root / "checkpoints"

    def _sweep_up(self, kind: str, identity: str) -> None:
        """What lies aside while nobody else holds the lock is a killed maker's."""
        for folder in self.folder(kind, identity).parent.glob(f".{identity}-*"):
            shutil.rmtree(folder, ignore_errors=True)
        for file in self._checkpoints.glob(f".{kind}-{identity}.*"):
            file.unlink(missing_ok=True)


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """A folder beside `target` that becomes it, synced, when the block ends well.

    Raises `OSError` where `target` is anything but absent or an empty folder by then.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        yield aside
        for file in aside.rglob("*"):
            sync(file)
        sync(aside)
        aside.chmod(0o755)
        aside.rename(target)
        sync(target.parent)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def write_json(file: Path, content: Any) -> None:
    """Write `content` aside, sync it and rename it to `file`."""
    text = json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    handle, name = tempfile.mkstemp(prefix=f".{file.name}-", dir=file.parent)
    aside = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(handle)
        aside.chmod(READABLE)
        aside.replace(file)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def try_writing(folder: Path) -> None:
    """Raise `OSError` where not even a few bytes can be written in `folder`."""
    with tempfile.TemporaryFile(dir=folder) as probe:
        probe.write(b"\0" * 4096)
        probe.flush()
        os.fsync(probe.fileno())
