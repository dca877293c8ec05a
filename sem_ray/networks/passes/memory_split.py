"""Passes that split themselves where a device's memory is too small for the whole batch."""

from __future__ import annotations

import logging
from collections.abc import Callable

import torch
from torch import Tensor

from sem_ray.errors import WorkFailed

log = logging.getLogger(__name__)

Pass = Callable[[Tensor, Tensor], Tensor]
"""(images [n, …], something a row) → [n, …], each row from its own image alone."""


class MemorySplit:
    """Remembers how many images fit, so that only the first pass that does not fit pays."""

    def __init__(self) -> None:
        self.size: int | None = None

    def run(self, compute: Pass, images: Tensor, labels: Tensor) -> Tensor:
        """`compute` over all images, whole or in chunks; the rows are the same either way.

        Raises `WorkFailed` where not even one image fits.
        """
        while True:
            size = min(self.size or len(images), len(images))
            try:
                parts = zip(torch.split(images, size), torch.split(labels, size), strict=True)
                done = [compute(part, targets) for part, targets in parts]
            except torch.OutOfMemoryError as error:
                if size == 1:
                    raise WorkFailed(
                        "one image does not fit the device's memory; take a smaller network"
                    ) from error
            else:
                return done[0] if len(done) == 1 else torch.cat(done)
            self._halve(size)

    def _halve(self, size: int) -> None:
        if self.size is None:
            log.warning(
                "a pass of %d images does not fit the device's memory; "
                "going on in smaller chunks, with the same result",
                size,
            )
        self.size = size // 2
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
