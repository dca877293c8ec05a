"""From encoded images, which strangers may have made, to one uint8 tensor's worth of pixels."""

from __future__ import annotations

import io
import os
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, count, islice
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sem_ray.errors import BadInput

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "PPM")
"""What is decoded. Pillow knows more, some of which start other programs (EPS)."""
LARGEST = 64_000_000
"""Pixels of the largest image that is decoded: a small file can claim to hold terabytes."""
DEEP_MODES = ("I", "F")
"""Pillow's modes, and those that begin with them and a semicolon, of more than 8 bits a value."""
THREADS_FROM = 128 * 128
"""Pixels from which threads help: below, the decoder holds the interpreter most of the time, and
one thread is faster than two."""
CHUNK = 256


@dataclass(frozen=True)
class Encoded:
    """A file's bytes, and how a message names the image."""

    content: bytes
    what: str


def stacked(images: Iterable[Encoded], total: int) -> NDArray[np.uint8]:
    """All `total` (at least one) images, decoded: uint8 [total, 3, H, W].

    Raises `BadInput` for the first image that cannot be decoded, is too large or has another size
    than the first, and where the pixels do not fit in memory.
    """
    from PIL.Image import DecompressionBombWarning

    rest = iter(images)
    first = next(rest)
    with warnings.catch_warnings(), ThreadPoolExecutor(os.cpu_count()) as pool:
        warnings.simplefilter("error", DecompressionBombWarning)
        stack = _Stack(first, total)
        each: Callable[..., Iterator[None]] = pool.map if stack.threads_help else map
        row = count()
        todo = chain([first], rest)
        while chunk := list(islice(todo, CHUNK)):
            deque(each(stack.put, islice(row, len(chunk)), chunk), maxlen=0)
    return stack.pixels


class _Stack:
    """Pixels to be filled in, of the first image's size."""

    def __init__(self, first: Encoded, total: int) -> None:
        self.first = first
        self.size = decoded(first).shape[:2]
        height, width = self.size
        self.threads_help = height * width >= THREADS_FROM
        try:
            self.pixels = np.empty((total, 3, height, width), np.uint8)
        except MemoryError as error:
            raise BadInput(
                f"{total:,} images of {_written(self.size)} do not fit in memory; "
                "take fewer with data.limit, or make them smaller"
            ) from error

    def put(self, row: int, image: Encoded) -> None:
        pixels = decoded(image)
        if pixels.shape[:2] != self.size:
            raise BadInput(
                f"images differ in size: {self.first.what} is {_written(self.size)} and "
                f"{image.what} is {_written(pixels.shape[:2])} (width × height); "
                "resize them to one size first"
            )
        self.pixels[row] = pixels.transpose(2, 0, 1)


def decoded(image: Encoded) -> NDArray[np.uint8]:
    """The pixels, uint8 [H, W, 3]. Raises `BadInput` where they cannot be had."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(image.content), formats=FORMATS) as opened:
            _require_modest(opened, image.what)
            return np.asarray(_rgb(_upright(opened)))
    except BadInput:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large(image.what) from error
    except Exception as error:
        # Decoders raise anything at all on damaged bytes.
        raise BadInput(
            f"{image.what} is not a readable image ({_reason(error)}); replace or remove it "
            f"(readable: {', '.join(FORMATS)})"
        ) from error


def _require_modest(image: Image, what: str) -> None:
    """Checks what the header says, before any pixel is decoded."""
    if image.width * image.height > LARGEST:
        raise _too_large(what)
    if image.mode in DEEP_MODES or image.mode.startswith("I;"):
        raise BadInput(f"{what} has more than 8 bits a channel; convert it to 8 bits first")


def _too_large(what: str) -> BadInput:
    return BadInput(f"{what} has more than {LARGEST // 10**6} megapixels; make it smaller first")


def _upright(image: Image) -> Image:
    """The image as its orientation tag says it is to be seen; a damaged tag says nothing."""
    from PIL import ImageOps

    if "exif" not in image.info:
        return image
    try:
        image.getexif()
    except (SyntaxError, ValueError, OSError):
        return image
    return ImageOps.exif_transpose(image)


def _rgb(image: Image) -> Image:
    if image.mode == "RGB":
        return image
    if image.mode == "P" and "transparency" in image.info:
        image = image.convert("RGBA")
    return image.convert("RGB")


def _reason(error: Exception) -> str:
    text = " ".join(str(error).split())
    return "unknown format" if "cannot identify" in text else text or type(error).__name__


def _written(size: tuple[Any, ...]) -> str:
    height, width = size
    return f"{width}×{height}"
