"""The digests of a folder's files, which tell whether they are still what was written."""

from __future__ import annotations

import hashlib
from pathlib import Path

from sem_ray.errors import BadInput
from sem_ray.files import Damaged, reason_of

DIGESTS = "SHA256SUMS"
"""The file they are in, a line a file, as `sha256sum --check` reads it."""


def write_digests(folder: Path) -> None:
    """Write the digests of all files in `folder` beside them. Raises `OSError`."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    lines = [f"{_digest(file)}  {file.relative_to(folder).as_posix()}\n" for file in files]
    (folder / DIGESTS).write_text("".join(lines), encoding="utf-8")


def check_digests(folder: Path) -> bool:
    """Whether the files in `folder` have digests, which agree with them.

    Raises `Damaged` if a file is missing or another than was written, and `BadInput` if one may
    not be read.
    """
    try:
        if not (folder / DIGESTS).exists():
            return False
        for line in (folder / DIGESTS).read_text(encoding="utf-8").splitlines():
            wanted, _, name = line.partition("  ")
            if _digest(folder / name) != wanted:
                raise Damaged(f"{folder / name} is damaged: its SHA-256 is another than written")
    except PermissionError as error:
        place = error.filename or folder
        raise BadInput(
            f"cannot read {place}: {reason_of(error)}; make it readable first"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise Damaged(f"{folder} is damaged: {reason_of(error)}") from error
    return True


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
