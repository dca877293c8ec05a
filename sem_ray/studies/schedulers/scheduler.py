"""What a scheduler sees, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

Costs = tuple[float, ...]
"""One number for each objective, smaller if it is better met."""
Reports = Sequence[Mapping[int, Costs]]
"""For each rung, from the first: configuration → what it cost there."""


class Scheduler(Protocol):
    """Decides from the reports alone, so a restarted sweep decides as the first one did."""

    def stops(self, configuration: int, rung: int, reports: Reports) -> bool:
        """Whether `configuration`, whose report at `rung` is among `reports`, is stopped there."""
        ...


class StopsNothing:
    """Measures at the rungs only."""

    def stops(self, configuration: int, rung: int, reports: Reports) -> bool:  # noqa: ARG002
        return False


def goes_on(rank: int, count: int, reduction: int) -> bool:
    """Whether the configuration of this rank, counted from 0 for the best, is among the best
    1/η of `count`: not beyond the quantile 1/η, interpolated as NumPy does."""
    return rank * reduction <= count - 1
