"""What a sweep says while it runs; who shows it, and how, is decided above."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sem_ray.metrics.measurement import Measurement
from sem_ray.progress import Progress

TrialState = Literal["running", "complete", "stopped", "failed", "lost"]
"""A stopped trial ended early, at a rung; a lost one is given out again, with its values."""


@dataclass(frozen=True)
class TrialEvent:
    """A trial began, ended or was lost. `done` counts the study's finished trials, of `total` to
    reach."""

    trial: int
    state: TrialState
    values: Mapping[str, Any]
    """The searched settings."""
    done: int
    total: int
    measurements: tuple[Measurement, ...] = ()
    """Empty unless complete."""
    error: str | None = None
    """One line, if the trial failed or was lost."""
    seconds: float | None = None
    """Of the trial's work, if it ended."""
    configuration: int | None = None
    """The trial that ran the settings first; None is this one."""
    stopped_at: int | None = None
    """The rung at which it was stopped, counted from 0."""
    replicate: int = 0
    """Which run of them it is, counted from 0."""
    attempt: int = 1
    """Which try at this trial it is, counted from 1; of a lost one, the try that was lost."""


@dataclass(frozen=True)
class TrialProgress:
    """How far a running trial's stage is."""

    trial: int
    progress: Progress


@dataclass(frozen=True)
class Warned:
    """Something went wrong that does not end the sweep."""

    message: str


@dataclass(frozen=True)
class DevicesChosen:
    """Which devices trials take, before the first one starts."""

    notice: str
    """One sentence: what a trial takes, why, and how many run at once."""
    at_once: int
    cpus: float
    """Cores of all machines."""
    gpus: float
    """GPUs of all machines."""


@dataclass(frozen=True)
class DevicesTaken:
    """What the running trials occupy from now on."""

    cpus: float
    gpus: float


DeviceEvent = DevicesChosen | DevicesTaken
SweepEvent = TrialEvent | DeviceEvent | TrialProgress | Warned
OnEvent = Callable[[SweepEvent], None]
OnDevices = Callable[[DeviceEvent], None]


def ignore(event: object) -> None:
    """For callers who do not watch."""
