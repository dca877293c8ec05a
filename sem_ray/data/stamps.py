"""What tells that a file may have changed, without reading it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sem_ray.errors import BadInput


def file_signature(files: Sequence[Path]) -> str:
    """A line for each file: where it is, its size in bytes, when it was written and when it was put
    there (ns), which unlike the former no archive or copy can set. Raises `BadInput` where one is
    gone."""
    return "\n".join(_line(file) for file in files)


def _line(file: Path) -> str:
    try:
        found = file.stat()
    except OSError as error:
        raise BadInput(f"cannot read {file}: {error.strerror}") from error
    return f"{file.absolute()} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns}"
