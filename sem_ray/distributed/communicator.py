"""What a run asks of those it shares its work with, and the answer of a run that shares it with
nobody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from torch import Tensor

from sem_ray.errors import SemRayError

Work = Callable[[], None]
"""Returns once the values are there."""


class WorkerLost(SemRayError):
    """Another member of the run is gone; whoever is left meets again."""


class Communicator(Protocol):
    """The members of one run, each with the same sequence of calls. Raise `WorkerLost`."""

    rank: int
    count: int

    def all_reduce(self, values: Tensor) -> None:
        """Replace `values` by their sum over all members."""
        ...

    def all_reduce_async(self, values: Tensor) -> Work:
        """The same without waiting, apart from `add`: the two may overtake each other."""
        ...


class _Local:
    rank = 0
    count = 1

    def all_reduce(self, values: Tensor) -> None:
        """Its own values are the sum."""

    def all_reduce_async(self, values: Tensor) -> Work:  # noqa: ARG002
        return lambda: None


LOCAL: Communicator = _Local()
