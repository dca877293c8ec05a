"""What a run asks of those it shares its work with, and the answer of a run that shares it with
nobody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from torch import Tensor

from sem_ray.errors import SemRayError

Waiting = Callable[[], None]
"""Returns once the values are there."""


class PeerLost(SemRayError):
    """Another member of the run is gone; whoever is left meets again."""


class Peers(Protocol):
    """The members of one run, each with the same sequence of calls. Raise `WorkerLost`."""

    rank: int
    count: int

    def add(self, values: Tensor) -> None:
        """Replace `values` by their sum over all members."""
        ...

    def add_later(self, values: Tensor) -> Waiting:
        """The same without waiting, apart from `add`: the two may overtake each other."""
        ...


class _Alone:
    rank = 0
    count = 1

    def add(self, values: Tensor) -> None:
        """Its own values are the sum."""

    def add_later(self, values: Tensor) -> Waiting:  # noqa: ARG002
        return lambda: None


ALONE: Peers = _Alone()
