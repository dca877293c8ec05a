"""A study of short trials whose results depend on settings and seed, and a sweep of it in a process
of its own, to be killed: `python -m tests.system.chaos_study STORE`."""

from __future__ import annotations

import sys
import time

from sem_ray.errors import SemRayError
from sem_ray.pipeline import Backend
from sem_ray.progress import Progress, ProgressSink, silent
from sem_ray.spec import ExperimentSpec
from sem_ray.store import Store
from sem_ray.studies.definition.study_spec import StudySpec
from sem_ray.studies.events import SweepEvent, TrialEvent
from sem_ray.studies.run.sweep import run_sweep
from tests.studies.fakes import METRIC, Made, study

SECONDS = 4.0
"""Of one trial."""


def chaos_study() -> StudySpec:
    """Eight configurations with two seeds each, two trials at a time. A trial may lose its worker
    as often as the test kills one."""
    return study(
        name="chaos",
        search={
            "noise.radius": {"choices": [8, 12, 16, 20]},
            "noise.steps": {"choices": [1, 2]},
        },
        sampler={"name": "grid"},
        trials=8,
        replicates={"min": 2, "max": 2, "confirm": 0},
        retry={"times": 20},
        resources={"cpus": 1},
        concurrency=2,
    )


def quick(
    spec: ExperimentSpec, store: Store, *, backend: Backend, sink: ProgressSink = silent
) -> Made:
    """What a trial finds, without its seconds."""
    value = 90 - 2 * spec.noise.radius + spec.noise.alternating.steps + 0.1 * spec.seed
    return Made(f"noise-{spec.noise.radius:g}", {METRIC: value})


def slow(
    spec: ExperimentSpec, store: Store, *, backend: Backend, sink: ProgressSink = silent
) -> Made:
    for step in range(8):
        sink(Progress("noise", step, 8))
        time.sleep(SECONDS / 8)
    return quick(spec, store, backend=backend, sink=sink)


def say(event: SweepEvent) -> None:
    """A line for every trial that begins or ends, so that whoever kills knows when."""
    if isinstance(event, TrialEvent):
        print(f"{event.state} {event.trial}", flush=True)


def main() -> int:
    try:
        result = run_sweep(chaos_study(), Store.open(sys.argv[1]), on_event=say, experiment=slow)
    except SemRayError as error:
        print(f"error {error}", flush=True)
        return error.exit_code
    return 0 if result.ok else 1


if __name__ == "__main__":
    sys.exit(main())
