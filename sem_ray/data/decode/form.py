"""The form that every image of a set is brought to: its channels, and its size if one is set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from sem_ray.data.pixels.allocation import allocate, written
from sem_ray.data.pixels.prefetch import Pixels

if TYPE_CHECKING:
    from PIL.Image import Image

GREY_MODES = ("1", "L", "LA", "La")
"""Pillow's modes without colour; what is grey is told by the file's kind, never by its pixels."""


@dataclass(frozen=True)
class Form:
    """`resize`: side of the square in pixels, None for the image's own size. `channels`: 1 or 3,
    None for the image's own."""

    resize: int | None = None
    channels: int | None = None

    @property
    def notices(self) -> tuple[str, ...]:
        """What the user should hear before images in this form are protected."""
        if self.resize is None:
            return ()
        size = written((self.resize, self.resize))
        return (
            f"data.resize={self.resize}: of every image the centre square is taken and brought to "
            f"{size}; that square is protected and exported, not the picture it was cut from",
        )

    def channels_of(self, image: Image) -> int:
        """What `pixels` will give, read from the header only."""
        return self.channels or (1 if image.mode in GREY_MODES else 3)

    def pixels(self, image: Image) -> NDArray[np.uint8]:
        """uint8 [H, W] for one channel, [H, W, 3] for three."""
        plain = _plain(image, "L" if self.channels_of(image) == 1 else "RGB")
        return np.asarray(plain if self.resize is None else _fitted(plain, self.resize))

    def applied(self, images: Pixels, name: str) -> Pixels:
        """Decoded images, uint8 [N, 1 or 3, H, W], in this form.

        Raises `BadInput` if they do not fit in memory.
        """
        channels = self.channels or images.shape[1]
        size = tuple(images.shape[2:]) if self.resize is None else (self.resize, self.resize)
        if (channels, *size) == tuple(images.shape[1:]):
            return images
        formed = allocate(len(images), channels, size, name)
        for row, image in enumerate(images[:].numpy()):
            formed[row] = to_chw(self.pixels(_opened(image)))
        return torch.from_numpy(formed)


def to_chw(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """[C, H, W] from what `Form.pixels` gives."""
    return pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)


def _plain(image: Image, mode: str) -> Image:
    """Grey (ITU-R 601 luma if it was colour) or RGB; transparency is left away and what lies
    under it shows."""
    if image.mode == mode:
        return image
    if image.mode == "P" and "transparency" in image.info:
        image = image.convert("RGBA")
    return image.convert(mode)


def _fitted(image: Image, side: int) -> Image:
    """The centre square of the shorter side's length, as `side` × `side` pixels.

    Pillow's 8-bit filters compute in whole numbers, so the bytes are the same on any machine.
    """
    from PIL import ImageOps
    from PIL.Image import Resampling

    return ImageOps.fit(image, (side, side), Resampling.BICUBIC)


def _opened(image: NDArray[np.uint8]) -> Image:
    """An image from uint8 [1 or 3, H, W]."""
    from PIL import Image

    make: Callable[[NDArray[np.uint8]], Image.Image] = Image.fromarray
    return make(image[0] if len(image) == 1 else np.ascontiguousarray(image.transpose(1, 2, 0)))
