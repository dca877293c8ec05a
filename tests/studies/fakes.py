"""Experiments that take milliseconds, in place of `sem_ray.pipeline.run_experiment`, and studies of
them."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass, field
from typing import Any

import optuna

from sem_ray.errors import BadInput, WorkFailed
from sem_ray.metrics.measurement import (
    CLEAN_ACCURACY,
    GENERATION_SECONDS,
    TEST_ACCURACY,
    VICTIM_SECONDS,
    Measurement,
    means,
)
from sem_ray.pipeline import Backend
from sem_ray.progress import Progress, ProgressSink, silent
from sem_ray.spec import ExperimentSpec
from sem_ray.spec.reading import merged
from sem_ray.store import Store
from sem_ray.studies.definition.study_file import study_from
from sem_ray.studies.definition.study_spec import StudySpec
from sem_ray.studies.events import SweepEvent, TrialEvent, TrialProgress, Warned
from sem_ray.studies.journal import trial_attributes as attributes
from sem_ray.studies.journal.storage import StudyRecord
from sem_ray.studies.samplers.registry import sampler_for
from sem_ray.studies.samplers.view import SamplerView

METRIC = "test_accuracy_at_4"


@dataclass(frozen=True)
class Made:
    noise_identity: str
    changes: dict[str, float] = field(default_factory=dict)

    def measurements(self, spec: ExperimentSpec) -> tuple[Measurement, ...]:
        return measured(spec, **self.changes)


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
        **({} if "objectives" in changes else {"metric": METRIC}),
        **({} if changes.get("design") == "ablation" else {"trials": 4}),
        "seed": 7,
        "concurrency": 1,  # starting a worker is what a sweep of these costs
    }
    searched = {"noise.steps": {"low": 1, "high": 5}, "noise.radius": {"choices": [8, 12, 16]}}
    return merged(usual, {} if "search" in changes else {"search": searched}, changes)


def measured(spec: ExperimentSpec, **changes: float) -> tuple[Measurement, ...]:
    """Fewer steps and a larger radius protect better here. `changes` are other values by key."""
    protected = 90 - 2 * spec.noise.radius + spec.noise.alternating.steps
    victim: dict[str, Any] = {"network": spec.victim.network, "seed": spec.seed, "unit": "%"}
    made = [
        Measurement(name=TEST_ACCURACY, radius=0, value=protected - 10, **victim),
        Measurement(name=TEST_ACCURACY, radius=4, value=protected, **victim),
        Measurement(name=CLEAN_ACCURACY, radius=0, value=98.0, **victim),
        Measurement(name=CLEAN_ACCURACY, radius=4, value=95.0, **victim),
        Measurement(name=GENERATION_SECONDS, value=0.25, unit="s", seed=spec.seed),
        Measurement(name=VICTIM_SECONDS, value=0.5, unit="s", seed=spec.seed),
    ]
    return tuple(m.model_copy(update={"value": changes.get(m.key, m.value)}) for m in made)


def metrics(spec: ExperimentSpec) -> dict[str, float]:
    """The same by key."""
    return means(measured(spec))


def instant(
    spec: ExperimentSpec, store: Store, *, backend: Backend, sink: ProgressSink = silent
) -> Made:
    sink(Progress("generate", 0, 2))
    sink(Progress("generate", 2, 2))
    return Made(f"noise-{spec.noise.radius:g}-{spec.noise.alternating.steps}")


def slow(
    spec: ExperimentSpec, store: Store, *, backend: Backend, sink: ProgressSink = silent
) -> Made:
    time.sleep(1.0)
    return instant(spec, store, backend=backend, sink=sink)


def unlucky(
    spec: ExperimentSpec, store: Store, *, backend: Backend, sink: ProgressSink = silent
) -> Made:
    """Fails in four ways, by the number of noise steps, and ends well only at 5."""
    if spec.noise.alternating.steps == 1:
        raise WorkFailed("the disk of the trial is full; free some")
    if spec.noise.alternating.steps == 2:
        raise RuntimeError("CUDA error: device-side assert\ncompile with TORCH_USE_CUDA_DSA")
    if spec.noise.alternating.steps == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    if spec.noise.alternating.steps == 4:
        return Made("noise", {METRIC: float("nan")})
    return instant(spec, store, backend=backend, sink=sink)


def killed_once(
    spec: ExperimentSpec, store: Store, *, backend: Backend, sink: ProgressSink = silent
) -> Made:
    """The first of all trials loses its worker, and ends well when it runs again."""
    mark = store.root / "killed"
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return instant(spec, store, backend=backend, sink=sink)


def unreadable(
    spec: ExperimentSpec, store: Store, *, backend: Backend, sink: ProgressSink = silent
) -> Made:
    raise BadInput("data/: no Parquet file in there; give a folder that has some")


def hopeless(
    spec: ExperimentSpec, store: Store, *, backend: Backend, sink: ProgressSink = silent
) -> Made:
    raise WorkFailed("out of luck")


def trials_of(event: SweepEvent) -> set[int]:
    """The trial that an event is about, if it is about one."""
    assert not isinstance(event, Warned), event.message
    return {event.trial} if isinstance(event, TrialEvent | TrialProgress) else set()


def begun(record: StudyRecord) -> optuna.Trial:
    """A trial that runs, of the next values that the study's sampler proposes."""
    view = SamplerView(record.spec, sampler_for(record.spec))
    for configuration in record.configurations():
        view.add(configuration.values)
    values = view.propose()
    return record.begin(values, attributes.of_start(record.spec.experiment(values), None, 0))
