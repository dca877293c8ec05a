"""One of two sweeps that share stages, in a process of its own:
`python -m tests.studies.run.sharing_driver STORE NAME RATE...`. `--ray` runs its trials on Ray.

Says `ready`, waits for a line, sweeps, and says how many trials are finished.
"""

from __future__ import annotations

import sys

from sem_ray.store import Store
from sem_ray.studies.run.sweep import run_sweep
from tests.studies.fakes import study
from tests.studies.run.in_process import InProcess
from tests.studies.run.marking import marking


def main(store: str, name: str, *rates: str) -> None:
    on_ray = "--ray" in rates
    choices = [float(rate) for rate in rates if rate != "--ray"]
    spec = study(
        name=name,
        search={"victim.learning_rate": {"choices": choices}},
        sampler={"name": "grid"},
        trials=len(choices),
        concurrency=2,
    )
    print("ready", flush=True)
    sys.stdin.readline()
    backend = None if on_ray else InProcess()
    result = run_sweep(spec, Store.open(store), experiment=marking, backend=backend)
    print(f"finished {result.complete} of {result.target}, {len(result.failed)} failed")


if __name__ == "__main__":
    main(*sys.argv[1:])
