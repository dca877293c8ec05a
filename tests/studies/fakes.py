"""Experiments that take milliseconds, in place of `sem_ray.pipeline.run_experiment`, and studies of
them."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from typing import Any

from sem_ray.errors import BadInput, WorkFailed
from sem_ray.pipeline import Backend
from sem_ray.progress import Progress, ProgressSink, silent
from sem_ray.spec import ExperimentSpec
from sem_ray.spec.reading import merged
from sem_ray.store import Store
from sem_ray.studies.definition.study_spec import StudySpec, study_from
from sem_ray.studies.events import SweepEvent, Warned

METRIC = "test_accuracy@4"


@dataclass(frozen=True)
class Made:
    noise_identity: str
    figures: dict[str, float]

    def metrics(self) -> dict[str, float]:
        return self.figures


def study(**changes: Any) -> StudySpec:
    """A small study; `base`, `search` and the like replace or extend its settings."""
    return study_from(tree(**changes), "test.yaml")


def tree(**changes: Any) -> dict[str, Any]:
    usual = {
        "name": "tiny",
        "preset": "quick",
        "base": {
            "data": {"source": "digits", "limit": 40, "test_limit": 40},
            "noise": {"samples": 1, "final_steps": 2},
            "surrogate": {"steps": 2, "batch": 16, "attack_steps": 1},
            "victim": {
                "steps": 2,
                "batch": 16,
                "attack_steps": 1,
                "evaluations": 1,
                "radii": [0, 4],
            },
            "shards": 2,
        },
        "metric": METRIC,
        "trials": 4,
        "seed": 7,
        "concurrency": 1,  # starting a worker is what a sweep of these costs
    }
    searched = {"noise.steps": {"low": 1, "high": 5}, "noise.radius": {"choices": [8, 12, 16]}}
    return merged(usual, {} if "search" in changes else {"search": searched}, changes)


def figures(spec: ExperimentSpec) -> dict[str, float]:
    """Fewer steps and a larger radius protect better here."""
    protected = 90 - 2 * spec.noise.radius + spec.noise.steps
    return {
        "test_accuracy@0": protected - 10,
        METRIC: protected,
        "clean_accuracy@0": 98.0,
        "clean_accuracy@4": 95.0,
        "generation_seconds": 0.25,
        "victim_seconds": 0.5,
    }


def instant(
    spec: ExperimentSpec, store: Store, *, backend: Backend, sink: ProgressSink = silent
) -> Made:
    sink(Progress("generate", 0, 2))
    sink(Progress("generate", 2, 2))
    return Made(f"noise-{spec.noise.radius:g}-{spec.noise.steps}", figures(spec))


def slow(
    spec: ExperimentSpec, store: Store, *, backend: Backend, sink: ProgressSink = silent
) -> Made:
    time.sleep(1.0)
    return instant(spec, store, backend=backend, sink=sink)


def unlucky(
    spec: ExperimentSpec, store: Store, *, backend: Backend, sink: ProgressSink = silent
) -> Made:
    """Fails in four ways, by the number of noise steps, and ends well only at 5."""
    if spec.noise.steps == 1:
        raise WorkFailed("the disk of the trial is full; free some")
    if spec.noise.steps == 2:
        raise RuntimeError("CUDA error: device-side assert\ncompile with TORCH_USE_CUDA_DSA")
    if spec.noise.steps == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    if spec.noise.steps == 4:
        return Made("noise", {**figures(spec), METRIC: float("nan")})
    return instant(spec, store, backend=backend, sink=sink)


def unreadable(
    spec: ExperimentSpec, store: Store, *, backend: Backend, sink: ProgressSink = silent
) -> Made:
    raise BadInput("data/: no Parquet file in there; give a folder that has some")


def hopeless(
    spec: ExperimentSpec, store: Store, *, backend: Backend, sink: ProgressSink = silent
) -> Made:
    raise WorkFailed("out of luck")


def trial_of(event: SweepEvent) -> int:
    assert not isinstance(event, Warned), event.message
    return event.trial
