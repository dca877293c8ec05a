"""Names for images made from their pixels, and what tells that a file may have changed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sem_ray.errors import BadInput


def pixel_digests(images: NDArray[np.uint8]) -> tuple[str, ...]:
    """16 hexadecimal digits for each of [N, …] images."""
    return tuple(
        hashlib.sha256(np.ascontiguousarray(image).data).hexdigest()[:16] for image in images
    )


def ids_from_pixels(digests: Sequence[str]) -> tuple[str, ...]:
    """Ids for a source without names: the digest, numbered if an image occurs again."""
    seen: dict[str, int] = {}
    ids = []
    for digest in digests:
        seen[digest] = seen.get(digest, 0) + 1
        ids.append(digest if seen[digest] == 1 else f"{digest}-{seen[digest]}")
    return tuple(ids)


def file_signature(files: Sequence[Path]) -> str:
    """A line for each file: where it is, its size in bytes, when it was written and when it was put
    there (ns), which unlike the former no archive or copy can set. Raises `BadInput` if one is
    gone."""
    return "\n".join(_line(file) for file in files)


def _line(file: Path) -> str:
    try:
        found = file.stat()
    except OSError as error:
        raise BadInput(f"cannot read {file}: {error.strerror}") from error
    return f"{file.absolute()} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns}"
