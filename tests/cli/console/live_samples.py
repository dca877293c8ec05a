"""Running studies to be shown."""

from __future__ import annotations

from typing import Any

from sem_ray.metrics.statistics import Estimate
from sem_ray.progress import Progress
from sem_ray.studies.events import DevicesChosen, DevicesTaken
from sem_ray.studies.journal.live import LiveTrial
from sem_ray.studies.watch.standing import Leader, Standing
from sem_ray.studies.watch.study_view import RunningTrial, StudyView
from tests.cli.console.study_samples import OBJECTIVES

EIGHT = {
    "noise.radius": 16,
    "noise.steps": 3,
    "noise.step_size": 11.53456,
    "noise.perturbation_scale": 0.317345,
    "surrogate.radius": 2,
    "surrogate.steps": 100,
    "victim.steps": 300,
    "augmentation.padding": 2,
}
"""Searched settings, two of which share the end of their name with others."""
TWO = {"noise.radius": 16, "noise.steps": 3}


def standing(**changes: Any) -> Standing:
    leader = Leader(5, EIGHT, Estimate(18.2, 15.0, 21.4, 3), tied=2, decided=False)
    facts: dict[str, Any] = {
        "study": "quick",
        "objectives": OBJECTIVES,
        "configurations": 3,
        "wanted": 6,
        "runs": 11,
        "runs_left": 15,
        "failed": 1,
        "pruned": 2,
        "leader": leader,
        "front": 0,
        "device_hours": {"core-hours": 0.42},
        "seconds": (90.0, 110.0),
    }
    return Standing(**{**facts, **changes})


def running(number: int, values: dict[str, Any] | None = None) -> RunningTrial:
    """Began at 900, works since 910; its stage since 950."""
    live = LiveTrial(
        trial=number,
        attempt=1,
        started=900.0,
        progress=Progress("victim ρ=4 protected", 120, 300, "steps", {"loss": 0.5}),
        stage_since=950.0,
        reported=990.0,
        working_since=910.0,
    )
    return RunningTrial(live, EIGHT if values is None else values, number, seed=7, share=0.5)


def view(trials: int = 2, values: dict[str, Any] | None = None, **changes: Any) -> StudyView:
    return StudyView(
        standing=standing(**changes),
        running=tuple(running(12 + number, values) for number in range(trials)),
        devices=DevicesChosen("as resources say", at_once=8, cpus=64, gpus=2),
        taken=DevicesTaken(cpus=8, gpus=2),
        started=800.0,
        now=1000.0,
    )
