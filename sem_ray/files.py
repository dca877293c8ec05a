"""Files and folders that appear whole or not at all, and errors of the disk in one line.

Whatever sem-ray keeps is written beside its place and renamed into it once it is on the disk, so
that a killed process leaves either the old content or the new.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from sem_ray.errors import BadInput, DiskFailed
from sem_ray.locks import alone, shared

ASIDE = ".sem-ray-"
"""In the name of a folder that is being filled; no other program names folders so."""
DAMAGED = ".damaged"
"""Ends the name of what was put aside because it is not what was written."""


class Damaged(Exception):
    """A file is not what was written; the text says which and why, in one line."""


def reason_of(error: BaseException) -> str:
    """What went wrong, in one line: the system's words for an error with a number, else the first
    line of the library's."""
    words = str(error).strip().partition("\n")[0]
    return getattr(error, "strerror", None) or " ".join(words.split()) or type(error).__name__


@contextmanager
def writing_to(
    place: Path | str, remedy: str, failure: type[BadInput | DiskFailed] = BadInput
) -> Iterator[None]:
    """Turn an `OSError` met while writing under `place` into one line that names it.

    failure: `BadInput` before the work has begun, `DiskFailed` once it has.
    """
    try:
        yield
    except OSError as error:
        raise failure(f"cannot write to {place}: {reason_of(error)}; {remedy}") from error


def require_writable(place: Path, remedy: str) -> None:
    """Raise `BadInput` if not even a few bytes can be written at `place`, or in the nearest folder
    above it if it does not exist yet. Nothing is left behind."""
    try:
        # Arrow, safetensors and MLflow's database take names as UTF-8 alone.
        str(place).encode()
    except UnicodeEncodeError as error:
        shown = os.fsencode(place).decode("utf-8", "backslashreplace")
        raise BadInput(f"cannot write to {shown}: its name is not UTF-8; {remedy}") from error
    with writing_to(place, remedy), tempfile.TemporaryFile(dir=nearest(place)) as probe:
        probe.write(b"\0" * 4096)
        probe.flush()
        os.fsync(probe.fileno())


def require_space(place: Path, size: int, what: str, remedy: str) -> None:
    """Raise `BadInput` if fewer than `size` bytes are free on the disk that `place` is or will be
    on."""
    free = shutil.disk_usage(nearest(place)).free
    if free < size:
        raise BadInput(
            f"{what} needs {_megabytes(size)} in {place}, where {_megabytes(free)} are free; "
            f"{remedy}"
        )


def nearest(place: Path) -> Path:
    """`place`, or the closest folder above it that exists."""
    return next(found for found in (place, *place.parents) if found.exists())


def sync(path: Path) -> None:
    """Have a file or folder on the disk when this returns."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def atomic_file(file: Path) -> Iterator[Path]:
    """Yield a path to write at. It becomes `file`, readable by all, if the block ends well."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with folder_aside(file.parent, f".{file.name}{ASIDE}") as folder:
        aside = folder / file.name
        yield aside
        # Temporary files are their owner's alone, but a store may be shared.
        aside.chmod(0o644)
        sync(aside)
        aside.replace(file)
        sync(file.parent)


def write_json(file: Path, content: Any) -> None:
    """Write `content` to `file`, whole or not at all. Raises `OSError`."""
    text = json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    with atomic_file(file) as aside:
        aside.write_text(text, encoding="utf-8")


@contextmanager
def atomic_folder(target: Path) -> Iterator[Path]:
    """Yield a folder to fill. It becomes `target`, readable by all, if the block ends well.

    Raises `OSError` if `target` is anything but absent or an empty folder by then.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with folder_aside(target.parent, f".{target.name}{ASIDE}") as aside:
        yield aside
        for file in aside.rglob("*"):
            sync(file)
        sync(aside)
        aside.chmod(0o755)
        aside.rename(target)
        sync(target.parent)


@contextmanager
def folder_aside(parent: Path, prefix: str) -> Iterator[Path]:
    """Yield a new folder in `parent` whose name begins with `prefix`; it is gone after the block.

    Folders of this prefix that killed processes left are removed first.
    """
    remove_abandoned(parent, prefix)
    with ExitStack() as held:
        # Nothing in `parent` is removed before the new folder has its own lock.
        with shared(parent):
            aside = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
            held.enter_context(shared(aside))
        try:
            yield aside
        finally:
            shutil.rmtree(aside, ignore_errors=True)


def remove_abandoned(parent: Path, prefix: str) -> None:
    """Remove the folders in `parent` whose names begin with `prefix` and that no living process
    fills. On a disk without locks, and while another process begins one there, they stay."""
    # Another process may be removing them as well.
    with suppress(OSError), alone(parent) as nobody_begins:
        for folder in list(parent.iterdir()) if nobody_begins else []:
            if folder.name.startswith(prefix) and folder.is_dir() and not folder.is_symlink():
                with alone(folder) as abandoned:
                    if abandoned:
                        shutil.rmtree(folder, ignore_errors=True)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
