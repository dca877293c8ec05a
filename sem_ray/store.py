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

from sem_ray.errors import BadInput, writing_to

STORE_VARIABLE = "SEM_RAY_STORE"
DEFAULT_STORE = "sem-ray-store"
WAY_OUT = f"free some space there, or point {STORE_VARIABLE} to a folder you can write"


class Store:
    """A folder of artifacts, studies and records."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def open(cls, root: Path | str | None = None) -> Store:
        """The store at `root`, `$SEM_RAY_STORE` or `./sem-ray-store`, checked to be writable.

        Raises `BadInput` where it is not.
        """
        place = Path(root or os.environ.get(STORE_VARIABLE) or DEFAULT_STORE).absolute()
        with writing_to(place, WAY_OUT):
            place.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=place) as probe:
                probe.write(b"\0" * 4096)
                probe.flush()
                os.fsync(probe.fileno())
        return cls(place)

    def require_space(self, size: int, what: str) -> None:
        """Raise `BadInput` where fewer than `size` bytes are free, before hours are spent."""
        free = shutil.disk_usage(self.root).free
        if free < size:
            raise BadInput(
                f"{what} needs {_megabytes(size)} in {self.root}, "
                f"where {_megabytes(free)} are free; {WAY_OUT}"
            )

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
        with writing_to(place, WAY_OUT):
            place.mkdir(exist_ok=True)
        with FileLock(place / f"{kind}-{identity}"):
            yield

    @contextmanager
    def writing(self, kind: str, identity: str) -> Iterator[Path]:
        """A folder to fill; it becomes the artifact when the block ends well, and vanishes when
        it does not."""
        with writing_to(self.root, WAY_OUT), whole_folder(self.folder(kind, identity)) as aside:
            yield aside


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """A folder beside `target` that takes its place, synced, when the block ends well."""
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        yield aside
        for file in aside.rglob("*"):
            _sync(file)
        _sync(aside)
        aside.chmod(0o755)
        if target.is_dir():
            shutil.rmtree(target)
        aside.rename(target)
        _sync(target.parent)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def write_json(file: Path, content: Any) -> None:
    """Write `content` aside, sync it and rename it to `file`."""
    text = json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    with tempfile.NamedTemporaryFile(
        "w", dir=file.parent, prefix=f".{file.name}-", delete=False, encoding="utf-8"
    ) as aside:
        try:
            aside.write(text)
            aside.flush()
            os.fsync(aside.fileno())
            Path(aside.name).replace(file)
        except OSError:
            Path(aside.name).unlink(missing_ok=True)
            raise


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
