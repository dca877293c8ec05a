"""Sums over the workers of a run, and the communicator of a run on one worker, whose sums are
its own values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from torch import Tensor

from sem_ray.errors import SemRayError

Work = Callable[[], None]
"""Returns once the values are there."""


class WorkerLost(SemRayError):
    """Another worker of the run is gone; those left form a new group."""


class Communicator(Protocol):
    """Sums over the workers of one run. All workers make the same sequence of calls. Methods raise
    `WorkerLost`."""

    rank: int
    count: int

    def all_reduce(self, values: Tensor) -> None:
        """Replace `values` by their sum over all workers."""
        ...

    def all_reduce_async(self, values: Tensor) -> Work:
        """Start an `all_reduce` in a group of its own and return a function that waits for it. It
        may overtake calls of `all_reduce`."""
        ...


class _Local:
    rank = 0
    count = 1

    def all_reduce(self, values: Tensor) -> None:
        """Nothing: one worker's values are the sum."""

    def all_reduce_async(self, values: Tensor) -> Work:  # noqa: ARG002
        return lambda: None


LOCAL: Communicator = _Local()
