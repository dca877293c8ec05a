"""Arrays that `numpy.save` and `numpy.savez` wrote. Headers are read before memory is taken: a
small file can claim to hold terabytes, or objects."""

from __future__ import annotations

import math
import zipfile
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from sem_ray.errors import BadInput

HEADER_READERS = {
    (1, 0): npy.read_array_header_1_0,
    (2, 0): npy.read_array_header_2_0,
}
NUMBERS = "iuf"


def read_npy(file: Path, limit: int) -> NDArray[Any]:
    """The array in a .npy file. Raises `BadInput` where it is damaged or holds no numbers."""
    try:
        with file.open("rb") as stream:
            return _array(stream, file, limit)
    except BadInput:
        raise
    except Exception as error:
        # NumPy raises anything at all on damaged headers.
        raise _unreadable(file, ".npy", error) from error


def read_npz(file: Path, limit: int) -> NDArray[Any]:
    """The one array in a .npz file, compressed or not; the same `BadInput`."""
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
            if len(names) != 1:
                raise BadInput(
                    f"{file} holds {len(names)} arrays ({', '.join(names)[:80]}); keep the noise"
                )
            with archive.open(names[0]) as stream:
                return _array(stream, file, limit)
    except BadInput:
        raise
    except Exception as error:
        # So does zipfile.
        raise _unreadable(file, ".npz", error) from error


def _array(stream: IO[bytes], file: Path, limit: int) -> NDArray[Any]:
    read_header = HEADER_READERS.get(npy.read_magic(stream))
    if read_header is None:
        raise BadInput(f"{file} is of a version of the .npy format that arrays of numbers lack")
    shape, fortran, dtype = read_header(stream)
    if dtype.kind not in NUMBERS:
        raise BadInput(f"{file} holds {dtype}, not numbers")
    size = math.prod(shape) * dtype.itemsize
    if min(shape, default=0) < 0 or size > limit:
        raise BadInput(f"{file} says it holds {list(shape)} {dtype}, more than these images' noise")
    content = stream.read(size)
    if len(content) < size:
        raise BadInput(f"{file} ends early: {len(content):,} bytes of {size:,}; fetch it again")
    return np.frombuffer(content, dtype).reshape(shape, order="F" if fortran else "C")


def _unreadable(file: Path, kind: str, error: Exception) -> BadInput:
    reason = " ".join(str(error).split())[:120] or type(error).__name__
    return BadInput(f"{file} cannot be read as {kind} ({reason}); fetch or write it again")
