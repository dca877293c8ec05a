"""Images on their way to a device: they stay where they are and come a batch at a time, the next
one read while the device works on the last."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import torch
from torch import Tensor

from sem_ray.data.pixels.memory_mapped import Index, Mapped

Pixels = Tensor | Mapped
"""uint8 images [n, C, H, W] in memory, or in a file."""
SHARE = 0.5
"""Of a GPU's free memory that images and their noise may take; the rest is for passes."""


class Streamed:
    """uint8 images [n, C, H, W] in host memory or a file, of which rows reach `device`
    when they are asked for."""

    def __init__(self, images: Pixels, device: torch.device) -> None:
        self.device = device
        self._images = images
        self._reader = ThreadPoolExecutor(1, "images", initializer=self._begin)
        self._now: dict[bytes, Future[Tensor]] = {}
        self._next: dict[bytes, Future[Tensor]] = {}

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: Index) -> Tensor:
        """uint8 [m, C, H, W] on the device. Raises `BadInput` where the file is gone."""
        where = _on_host(index)
        key = _key(where)
        ahead = self._now.pop(key, None) or self._next.pop(key, None)
        found = self._read(where) if ahead is None else ahead.result()
        return found.to(self.device, non_blocking=True)

    @property
    def shape(self) -> torch.Size:
        return self._images.shape

    def prefetch(self, coming: Sequence[Index]) -> None:
        """Begin to read what will be asked for next; what was expected twice ago and never asked
        for is forgotten."""
        wheres = [_on_host(index) for index in coming]
        self._now = self._next
        self._next = {_key(one): self._reader.submit(self._read, one) for one in wheres}

    def _begin(self) -> None:
        """Threads begin on the first GPU, whichever their process is at work on."""
        if self.device.type == "cuda":
            torch.cuda.set_device(self.device)

    def _read(self, where: Index) -> Tensor:
        found = self._images[where]
        return found.pin_memory() if self.device.type == "cuda" else found


def select(images: Pixels, index: Index) -> Pixels:
    """Some of `images`, those in a file still there."""
    return images.select(index) if isinstance(images, Mapped) else images[index]


def streams(images: Pixels, device: torch.device, wanted: bool | None, beside: int) -> bool:
    """Whether images are to stream to `device`: as `wanted` says; where it is None, images in a
    file do where the device is this machine's memory, and others where they and what is kept of
    them, `beside` bytes a value, would take more than `SHARE` of the GPU's."""
    if wanted is not None:
        return wanted
    if device.type != "cuda":
        return isinstance(images, Mapped)
    free, _ = torch.cuda.mem_get_info(device)
    return (1 + beside) * images.numel() > SHARE * free


def _on_host(index: Index) -> Index:
    return index.cpu() if isinstance(index, Tensor) else index


def _key(index: Index) -> bytes:
    return index.numpy().tobytes() if isinstance(index, Tensor) else repr(index).encode()
