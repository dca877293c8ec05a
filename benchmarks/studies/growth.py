"""Whether a trial costs more the more trials a study has.

Hypothesis: the last hundred of 2,000 trials take at most 1.2 times as long as the first hundred.
Trials do nothing and run in this process; the journal and MLflow are real. The ratio is of this
process's processor time, which other work on the machine hardly moves; wall time stands beside it.

    python -m benchmarks.studies.growth --trials 2000 --sampler random
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.harness.machine import description
from benchmarks.studies.noop import Ends, noop_study, nothing, per_trial
from sem_ray.store import Store
from sem_ray.studies.run.sweep import run_sweep
from sem_ray.studies.run.trial import TrialSetting, attempt
from sem_ray.studies.run.trial_queue import TrialQueue

PART = 100
"""Trials that are compared."""
ALLOWED = 1.2


@dataclass(frozen=True)
class InProcess:
    """Trials one after the other, here."""

    def run(self, queue: TrialQueue, setting: TrialSetting) -> None:
        while not queue.over:
            if (request := queue.next()) is not None:
                sink = partial(queue.progress, request.trial)
                queue.end(request.trial, attempt(request.spec, setting, sink))


def measured(trials: int, sampler: str) -> Ends:
    """When each trial ended."""
    ends = Ends()
    with tempfile.TemporaryDirectory() as scratch:
        store, spec = Store.open(Path(scratch) / "store"), noop_study(trials, sampler, 1)
        run_sweep(spec, store, experiment=nothing, backend=InProcess(), on_event=ends.on_event)
    return ends


def by_part(times: list[float]) -> list[float]:
    """Milliseconds a trial, for each hundred of them."""
    parts = range(0, len(times) - PART + 1, PART)
    return [round(per_trial(times[start : start + PART]), 2) for start in parts]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=2000)
    parser.add_argument("--sampler", default="random")
    options = parser.parse_args()
    ends = measured(options.trials, options.sampler)
    cpu, wall = by_part(ends.cpu), by_part(ends.wall)
    ratio = cpu[-1] / cpu[0]
    result = {
        **description(),
        "trials": options.trials,
        "sampler": options.sampler,
        "cpu_milliseconds_per_trial": cpu,
        "wall_milliseconds_per_trial": wall,
        "last_to_first_cpu": round(ratio, 3),
        "last_to_first_wall": round(wall[-1] / wall[0], 3),
        "allowed": ALLOWED,
        "ok": ratio <= ALLOWED,
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
