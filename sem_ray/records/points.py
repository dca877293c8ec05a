"""Numbers with their moments, as MLflow keeps them: the rows that a run's curves are made of."""

from __future__ import annotations

from typing import NamedTuple


class MetricRow(NamedTuple):
    """One value of one metric. MLflow keeps equal rows of a run once."""

    key: str
    value: float
    step: int
    time_ms: int
    """Since the epoch."""
