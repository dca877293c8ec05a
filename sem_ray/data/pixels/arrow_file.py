"""Decoded images as one uncompressed Arrow file, to be mapped into memory.

One record batch holds them all: `pixels`, fixed-size binary of C·H·W bytes, planes as in uint8
[C, H, W], and `digest`, 16 hexadecimal digits of each image's pixels. The schema's metadata says
the shape. Any Arrow reader can open it.
"""

from __future__ import annotations

import mmap
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sem_ray.errors import BadInput

DIGEST = 16
"""Bytes of a digest."""
SHAPE = b"shape"
LARGEST = 2**31 - 1
"""Bytes of an image, at most: Arrow's bound for fixed sizes."""


@dataclass(frozen=True)
class ArrowLayout:
    """Where things are in a pixel file: `count` images of `shape` (C, H, W), and how many bytes
    from the file's start the two columns begin."""

    file: Path
    count: int
    shape: tuple[int, int, int]
    pixels: int
    digests: int

    @classmethod
    def of(cls, file: Path) -> ArrowLayout:
        """Raises `BadInput` where the file is missing or is none of ours."""
        try:
            # Through Python, which can open names that are no text.
            with file.open("rb") as stream:
                whole = pa.py_buffer(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))
            batch = pa.ipc.open_file(pa.BufferReader(whole)).get_batch(0)
            channels, height, width = map(int, batch.schema.metadata[SHAPE].split(b","))
            if channels * height * width != batch.schema.field("pixels").type.byte_width:
                raise ValueError("its images are not of the shape it gives")
            starts = [column.buffers()[1].address - whole.address for column in batch.columns]
            return cls(file, batch.num_rows, (channels, height, width), *starts)
        except (OSError, pa.ArrowInvalid, ValueError, KeyError, TypeError) as error:
            raise _unreadable(file, error) from error


def write_blank(file: Path, count: int, shape: tuple[int, ...]) -> ArrowLayout:
    """A new pixel file of `count` images that are all zero, every byte of it on the disk, so that
    filling it in through a map cannot run out of space."""
    size = int(np.prod(shape))
    schema = pa.schema(
        [("pixels", pa.binary(size)), ("digest", pa.binary(DIGEST))],
        metadata={SHAPE: ",".join(map(str, shape))},
    )
    # Private pages that are only read take no memory.
    zeros = mmap.mmap(
        -1,
        count * max(size, DIGEST),
        flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS,
        prot=mmap.PROT_READ,
    )
    columns = [
        pa.FixedSizeBinaryArray.from_buffers(field.type, count, [None, pa.py_buffer(zeros)])
        for field in schema
    ]
    with file.open("wb") as sink, pa.ipc.new_file(sink, schema) as writer:
        writer.write_batch(pa.record_batch(columns, schema=schema))
    return ArrowLayout.of(file)


def open_writable(places: ArrowLayout) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Pixels uint8 [N, C, H, W] and digests uint8 [N, 16]; what is written there is in the file."""
    pixels = _mapped(places, "r+", places.pixels, places.shape)
    return pixels, _mapped(places, "r+", places.digests, (DIGEST,))


def read_pixels(places: ArrowLayout) -> NDArray[np.uint8]:
    """uint8 [N, C, H, W], to be read only. Raises `BadInput` where the file is gone."""
    return _mapped(places, "r", places.pixels, places.shape)


def read_digests(places: ArrowLayout) -> NDArray[np.uint8]:
    """uint8 [N, 16], to be read only. Raises `BadInput` where the file is gone."""
    return _mapped(places, "r", places.digests, (DIGEST,))


def _mapped(
    places: ArrowLayout, mode: Literal["r", "r+"], offset: int, shape: tuple[int, ...]
) -> NDArray[np.uint8]:
    try:
        return np.memmap(places.file, np.uint8, mode, offset, (places.count, *shape))
    except (OSError, ValueError) as error:
        raise _unreadable(places.file, error) from error


def _unreadable(file: Path, error: Exception) -> BadInput:
    if isinstance(error, FileNotFoundError):
        return BadInput(
            f"{file}, which holds decoded images, is gone; run the command again, and where "
            "several machines share the work keep the store on a disk that all of them see"
        )
    reason = getattr(error, "strerror", None) or " ".join(str(error).split())
    return BadInput(f"{file} cannot be read as decoded images ({reason}); remove it")
