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

SECONDS = 2.0
"""Of one trial, at least."""
KILLS = 20
KILLED = "kills"
"""A file in the store with a byte for every kill so far."""
RADII = (8, 12, 16, 20)


def chaos_study() -> StudySpec:
    """Eight configurations with two seeds each, two trials at a time. A trial may lose its worker
    as often as the test kills one."""
    return study(
        name="chaos",
        search={
            "noise.radius": {"choices": list(RADII)},
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
    """Ends no sooner than its share of the kills has come, so that they meet the whole sweep on a
    fast machine as on a slow one."""
    end, step = time.monotonic() + SECONDS, 0
    while time.monotonic() < end or _kills(store) < _awaited(spec):
        sink(Progress("noise", step, 100))
        time.sleep(0.1)
        step += 1
    return quick(spec, store, backend=backend, sink=sink)


def _kills(store: Store) -> int:
    file = store.root / KILLED
    return file.stat().st_size if file.exists() else 0


def _awaited(spec: ExperimentSpec) -> int:
    """In the order in which the trials begin, the last one all of them."""
    place = RADII.index(int(spec.noise.radius)) * 2 + spec.noise.alternating.steps - 1
    return KILLS * (2 * place + spec.seed + 1) // (4 * len(RADII))


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
