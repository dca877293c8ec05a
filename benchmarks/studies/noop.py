"""Trials that do nothing, for a study and for bare Ray Tune alike, and when each of them ended."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from ray import tune

from sem_ray.metrics.measurement import Measurement, metric_key
from sem_ray.pipeline import Backend, metric_names
from sem_ray.progress import ProgressSink, silent
from sem_ray.spec import ExperimentSpec
from sem_ray.store import Store
from sem_ray.studies.definition.study_file import study_from
from sem_ray.studies.definition.study_spec import StudySpec
from sem_ray.studies.events import SweepEvent, TrialEvent

METRIC = metric_key("test_accuracy", 4)
SEARCH = {
    "noise.perturbation_scale": {"low": 0.0, "high": 2.0},
    "noise.step_size": {"low": 0.5, "high": 12.0, "log": True},
    "noise.steps": {"low": 1, "high": 5},
}


@dataclass(frozen=True)
class Nothing:
    """What an experiment that does nothing gives: every measurement, all 0."""

    noise_identity: str = "none"

    def measurements(self, spec: ExperimentSpec) -> tuple[Measurement, ...]:
        return tuple(
            Measurement(name=key, value=0.0, unit="1", seed=spec.seed) for key in metric_names(spec)
        )


def nothing(
    spec: ExperimentSpec, store: Store, *, backend: Backend, sink: ProgressSink = silent
) -> Nothing:
    """An experiment in no time."""
    del spec, store, backend, sink
    return Nothing()


def nothing_in_tune(config: dict[str, Any]) -> None:
    """The same for bare Tune."""
    del config
    tune.report({METRIC: 0.0})


def noop_study(trials: int, sampler: str, concurrency: int) -> StudySpec:
    """Three settings, as small studies have."""
    tree = {
        "name": "no-op",
        "preset": "quick",
        "base": {"data": {"source": "digits"}, "victim": {"radii": [0, 4]}},
        "search": SEARCH,
        "metric": METRIC,
        "trials": trials,
        "sampler": {"name": sampler},
        "resources": {"cpus": 1},
        "concurrency": concurrency,
    }
    return study_from(tree, "no-op study")


@dataclass
class Ends:
    """When trials ended. wall: seconds; cpu: seconds of this process's processors."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def note(self) -> None:
        self.wall.append(time.perf_counter())
        self.cpu.append(time.process_time())

    def on_event(self, event: SweepEvent) -> None:
        if isinstance(event, TrialEvent) and event.state == "complete":
            self.note()


def per_trial(times: list[float]) -> float:
    """Milliseconds between two ends, on average."""
    return 1000 * (times[-1] - times[0]) / (len(times) - 1)
