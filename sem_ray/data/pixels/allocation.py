"""Memory for decoded images."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sem_ray.errors import BadInput


class Allocate(Protocol):
    """Makes place for images: uint8 [total, channels, *size], to be filled in."""

    def __call__(
        self, total: int, channels: int, size: tuple[int, ...], what: str = ...
    ) -> NDArray[np.uint8]: ...


def allocate(
    total: int, channels: int, size: tuple[int, ...], what: str = "images"
) -> NDArray[np.uint8]:
    """In memory. Raises `BadInput` where it is short."""
    try:
        return np.empty((total, channels, *size), np.uint8)
    except (MemoryError, ValueError) as error:
        raise BadInput(
            f"{what}: {total:,} images of {written(size)} do not fit in memory; "
            "take fewer with data.limit, or make them smaller with data.resize"
        ) from error


def written(size: tuple[int, ...]) -> str:
    """(height, width) as people write it."""
    height, width = size
    return f"{width}×{height}"
