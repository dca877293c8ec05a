"""Images that stay in a file: read from the memory map as they are asked for, never as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sem_ray.data.pixels.add_noise import add_noise
from sem_ray.data.pixels.arrow_file import ArrowLayout, read_digests, read_pixels
from sem_ray.data.pixels.hashing import pixel_digests

BLOCK = 1024
"""Images read at a time if all are looked at."""
Index = Tensor | slice
"""Some of the rows."""


@dataclass(frozen=True, eq=False)
class Mapped:
    """uint8 images [n, C, H, W] of a pixel file, with noise on them if there is some.

    rows: int64 [n], which of the file's images these are, in this order; noise: int8 [n, C, H, W]
    in 1/255, in the same order, added as images are read. It travels between processes as the
    file's name, so the process that takes it must be able to read the file.
    """

    places: ArrowLayout
    rows: NDArray[np.int64]
    noise: NDArray[np.int8] | None = None

    @classmethod
    def whole(cls, file: Path) -> Mapped:
        """All images of `file`. Raises `BadInput` if it cannot be read."""
        places = ArrowLayout.of(file)
        return cls(places, np.arange(places.count))

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: Index) -> Tensor:
        """uint8 [m, C, H, W], in memory of its own. Raises `BadInput` if the file is gone."""
        where = _on_host(index)
        images = torch.from_numpy(self._pixels[self.rows[where]])
        return images if self.noise is None else add_noise(images, _tensor(self.noise[where]))

    def __getstate__(self) -> dict[str, Any]:
        """Without the map, which is this process's own."""
        return {name: getattr(self, name) for name in ("places", "rows", "noise")}

    @property
    def shape(self) -> torch.Size:
        return torch.Size((len(self), *self.places.shape))

    def numel(self) -> int:
        return self.shape.numel()

    def to(self, device: torch.device) -> Tensor:
        """All of them, in the device's memory."""
        return self[:].to(device)

    @property
    def digests(self) -> tuple[str, ...]:
        """As `ImageSet.digests`: known since the images were decoded, if no noise is on them."""
        if self.noise is not None:
            blocks = (self[first : first + BLOCK] for first in range(0, len(self), BLOCK))
            return tuple(chain.from_iterable(pixel_digests(block.numpy()) for block in blocks))
        known = read_digests(self.places)
        return tuple(known[row].tobytes().decode("ascii") for row in self.rows)

    def select(self, index: Index) -> Mapped:
        """Some of them, still in the file."""
        where = _on_host(index)
        noise = None if self.noise is None else self.noise[where]
        return replace(self, rows=self.rows[where], noise=noise)

    def with_noise(self, noise: Tensor) -> Mapped:
        """These images, which have none yet, under int8 noise of their shape."""
        if self.noise is not None:
            raise ValueError("noise on images that have some already")
        return replace(self, noise=noise.numpy())

    @cached_property
    def _pixels(self) -> NDArray[np.uint8]:
        return read_pixels(self.places)


def joined(parts: Sequence[Mapped]) -> Mapped:
    """Images of one file, one part after the other."""
    noise = [part.noise for part in parts if part.noise is not None]
    if len(noise) not in (0, len(parts)) or len({part.places for part in parts}) > 1:
        raise ValueError("parts of different images")
    return Mapped(
        parts[0].places,
        np.concatenate([part.rows for part in parts]),
        np.concatenate(noise) if noise else None,
    )


def _on_host(index: Index) -> NDArray[np.int64] | slice:
    return index.cpu().numpy() if isinstance(index, Tensor) else index


def _tensor(values: NDArray[np.int8]) -> Tensor:
    """Ray hands out arrays that may only be read, of which PyTorch warns; here they only are."""
    return torch.from_numpy(values if values.flags.writeable else values.copy())
