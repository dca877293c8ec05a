"""Noise that other code published, read without running anything of it.

Every reader gives one array of numbers or raises `BadInput`; `limit` bounds the bytes it may hold.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from sem_ray.data.noise.importers.conversion import Converted, Layout, converted
from sem_ray.data.noise.importers.numpy_files import read_npy, read_npz
from sem_ray.data.noise.importers.pickles import read_pickle
from sem_ray.data.noise.importers.tensor_files import read_safetensors, read_torch
from sem_ray.errors import BadInput

__all__ = ["Converted", "Layout", "converted", "read_array", "require_known"]

READERS: dict[str, Callable[[Path, int], NDArray[Any]]] = {
    ".pkl": read_pickle,
    ".pickle": read_pickle,
    ".pt": read_torch,
    ".pth": read_torch,
    ".npy": read_npy,
    ".npz": read_npz,
    ".safetensors": read_safetensors,
}
"""By the file's suffix: guessing from a stranger's bytes would let the bytes choose the reader."""
HEADERS = 1 << 20
"""Bytes that a file may spend on anything but numbers."""
WIDEST = 16
"""Bytes a number may take: float64, which old pickles write as text of up to two bytes each."""


def read_array(file: Path, numbers: int) -> NDArray[Any]:
    """The one array in `file`, of any shape and number format. `numbers` is how many the noise
    can have: what is much larger is refused unread."""
    size = require_known(file)
    limit = numbers * WIDEST + HEADERS
    if size > limit:
        raise BadInput(
            f"{file} is {size:,} bytes, and noise for these images takes at most {limit:,}; "
            "give the images it was made for"
        )
    return READERS[file.suffix.lower()](file, limit)


def require_known(file: Path) -> int:
    """The file's size in bytes. Raises `BadInput` where there is none or its kind is not read:
    what can be said before the images are there."""
    if file.suffix.lower() not in READERS:
        raise BadInput(f"{file}: noise is read from {', '.join(READERS)}; save it as one of these")
    try:
        size = file.stat().st_size
    except OSError as error:
        raise BadInput(f"cannot read {file}: {error.strerror}") from error
    if not file.is_file():
        raise BadInput(f"{file} is not a file")
    return size
