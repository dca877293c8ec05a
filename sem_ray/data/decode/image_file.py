"""From encoded images, which strangers may have made, to pixels: the header is judged before
anything is decoded."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from sem_ray.errors import BadInput

if TYPE_CHECKING:
    from PIL.Image import Image

Made = TypeVar("Made")

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "PPM")
"""What is decoded. Pillow knows more, some of which start other programs (EPS). Of several frames
or pages the first is taken."""
LARGEST = 64_000_000
"""Pixels of the largest image that is decoded: a small file can claim to hold terabytes."""
DEEP_MODES = ("I", "F")
"""Pillow's modes, and those that begin with them and a semicolon, of more than 8 bits a value."""
DEEP_CODING = re.compile(r";16[BLN]")
"""Marks colour of 16 bits a channel, which Pillow would cut down to 8 without a word."""
DEEP_FORMATS = ("PNG", "TIFF", "PPM")
ORIENTATION = 0x112
ON_ITS_SIDE = (5, 6, 7, 8)
"""Orientations that swap width and height."""


@dataclass(frozen=True)
class Encoded:
    """A file's bytes, or where they are, and how a message names the image."""

    content: bytes | Path
    what: str

    def opened(self) -> BinaryIO:
        if isinstance(self.content, Path):
            return self.content.open("rb")
        return io.BytesIO(self.content)


def decoder() -> str:
    """Names what decodes: another version may decode JPEG to other pixels."""
    from PIL import __version__, features

    codecs = ("jpg", "webp", "libtiff")
    return f"Pillow {__version__}, {[features.version(codec) for codec in codecs]}"


def open_checked(image: Encoded, use: Callable[[Image], Made]) -> Made:
    """What `use` makes of the image, which is opened and not yet decoded, and of a size and depth
    that can be.

    Raises `BadInput` where the image is not, or where decoding it fails.
    """
    from PIL import Image

    try:
        with image.opened() as file, Image.open(file, formats=FORMATS) as opened:
            _require_modest(opened, image.what)
            return use(opened)
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
    if image.width * image.height > LARGEST:
        raise _too_large(what)
    if _is_deep(image):
        raise BadInput(f"{what} has more than 8 bits a channel; convert it to 8 bits first")


def _is_deep(image: Image) -> bool:
    if image.mode in DEEP_MODES or image.mode.startswith("I;"):
        return True
    return image.format in DEEP_FORMATS and any(map(_has_deep_values, getattr(image, "tile", ())))


def _has_deep_values(tile: Any) -> bool:
    """What Pillow's plan to decode a part says; PPM names the largest value."""
    if tile.codec_name.startswith("ppm"):
        return int(tile.args[1]) > 255
    return DEEP_CODING.search(str(tile.args)) is not None


def _too_large(what: str) -> BadInput:
    return BadInput(f"{what} has more than {LARGEST // 10**6} megapixels; make it smaller first")


def upright_size(image: Image) -> tuple[int, int]:
    """(height, width) of what `upright` gives."""
    width, height = image.size
    return (width, height) if _orientation(image) in ON_ITS_SIDE else (height, width)


def upright(image: Image) -> Image:
    """The image as its orientation tag says it is to be seen; a damaged tag says nothing."""
    from PIL import ImageOps

    return ImageOps.exif_transpose(image) if _orientation(image) else image


def _orientation(image: Image) -> int | None:
    if "exif" not in image.info:
        return None
    try:
        return image.getexif().get(ORIENTATION)
    except (SyntaxError, ValueError, OSError):
        return None


def _reason(error: Exception) -> str:
    text = " ".join((getattr(error, "strerror", None) or str(error)).split())
    return "unknown format" if "cannot identify" in text else text or type(error).__name__
