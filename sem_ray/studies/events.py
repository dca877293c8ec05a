"""What a sweep says while it runs; who shows it, and how, is decided above."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sem_ray.metrics.measurement import Measurement
from sem_ray.progress import Progress

TrialState = Literal["running", "complete", "failed"]


@dataclass(frozen=True)
class TrialEvent:
    """A trial began or ended. `done` counts the study's finished trials, of `total` to reach."""

    trial: int
    state: TrialState
    values: Mapping[str, Any]
    """The searched settings."""
    done: int
    total: int
    measurements: tuple[Measurement, ...] = ()
    """Empty unless complete."""
    error: str | None = None
    """One line, if the trial failed."""
    seconds: float | None = None
    """Of the trial's work, if it ended."""
    configuration: int | None = None
    """The trial that ran the settings first; None is this one."""
    replicate: int = 0
    """Which run of them it is, counted from 0."""


@dataclass(frozen=True)
class TrialProgress:
    """How far a running trial's stage is."""

    trial: int
    progress: Progress


@dataclass(frozen=True)
class Warned:
    """Something went wrong that does not end the sweep."""

    message: str


SweepEvent = TrialEvent | TrialProgress | Warned
OnEvent = Callable[[SweepEvent], None]


def ignore(event: SweepEvent) -> None:
    """For callers who do not watch."""
