"""A sweep in a process of its own, to be killed: `python -m tests.studies.driver STORE TRIALS`.

Prints a line for every event, flushed, so that whoever kills it knows when.
"""

from __future__ import annotations

import sys

from sem_ray.errors import SemRayError
from sem_ray.store import Store
from sem_ray.studies.events import SweepEvent, TrialEvent, Warned
from sem_ray.studies.run.sweep import run_sweep
from tests.studies.fakes import slow, study


def say(event: SweepEvent) -> None:
    if isinstance(event, TrialEvent):
        print(f"{event.state} {event.trial} {event.done}", flush=True)
    elif isinstance(event, Warned):
        print(f"warned {event.message}", flush=True)


def main() -> int:
    store, trials = Store.open(sys.argv[1]), int(sys.argv[2])
    try:
        result = run_sweep(
            study(concurrency=2), store, trials=trials, on_event=say, experiment=slow
        )
    except SemRayError as error:
        print(f"error {error}", flush=True)
        return error.exit_code
    print(f"ended {result.complete}", flush=True)
    return 0 if result.ok else 1


if __name__ == "__main__":
    sys.exit(main())
