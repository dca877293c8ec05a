"""A sweep with two-actor trials on two Ray nodes whose stores are different folders, with a shared
store behind them: `python -m tests.studies.run.two_machines FOLDER`.

Prints one JSON object: how the sweep ended, where each trial worked, what it gave, and what the
same study gives on one device without Ray. The course of the sweep is fixed: see `BEGUN_BEFORE`.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
import time
from pathlib import Path
from typing import Any

os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)  # before Ray is imported

import ray
from ray.cluster_utils import Cluster

from sem_ray.cluster import OnActors
from sem_ray.cluster.ray_session import ray_session
from sem_ray.pipeline import Backend, run_experiment
from sem_ray.pipeline.experiment import Outcome
from sem_ray.progress import ProgressSink, silent
from sem_ray.spec import ExperimentSpec
from sem_ray.store import Store
from sem_ray.store.artifacts import STORE_VARIABLE
from sem_ray.store.shared import SHARED_VARIABLE
from sem_ray.studies.journal import trial_attributes as attributes
from sem_ray.studies.journal.storage import load_study
from sem_ray.studies.run.sweep import run_sweep
from tests.studies.fakes import study
from tests.studies.run.in_process import InProcess
from tests.studies.run.marking import marking

NODE = {"object_store_memory": 150_000_000, "node_ip_address": "127.0.0.1", "num_cpus": 2}
RESOURCES = {"cpus": 0.5, "actors": {"count": 2, "cpus": 0.75, "strategy": "SPREAD"}}
"""An actor is larger than the trial's process, so Ray places it first, and the second one on the
other node. A node has room for two actors and one process: of two trials, each node drives one."""

POINTS = [
    {"noise.radius": radius, "victim.learning_rate": rate}
    for radius, rate in ((8, 0.05), (16, 0.1), (8, 0.1), (16, 0.05))
]
BEGUN_BEFORE = {(8, 0.05): 3, (16, 0.1): 2, (8, 0.1): 4, (16, 0.05): 4}
"""How many trials must have begun before a trial ends. The second ends first, so its node gets the
third, which needs the noise of the first; the fourth gets the node of the first, and needs the
noise of the second. The clean victims that a trial needs were made on its own node."""
PATIENCE = 120.0
"""Seconds for another trial to begin."""
SHARED, DRIVER, ALONE, PLACES = "shared", "driver", "alone", "places"


def placed(
    spec: ExperimentSpec, store: Store, *, backend: Backend, sink: ProgressSink = silent
) -> Outcome:
    """Leaves a file that says where it and its actors worked, and ends when it is its turn."""
    rate = spec.victim.learning_rate
    places = store.root.parent / PLACES
    mine = places / f"{spec.noise.radius:g}-{rate:g}"
    mine.touch(exist_ok=False)
    made = marking(spec, store, backend=backend, sink=sink)
    assert isinstance(backend, OnActors)
    workers = backend._pool.current_workers()
    place = {
        "store": store.root.name,
        "node": ray.get_runtime_context().get_node_id(),
        "actors": [worker.place.node for worker in workers],
    }
    mine.write_text(json.dumps(place))
    end = time.monotonic() + PATIENCE
    while len(list(places.iterdir())) < BEGUN_BEFORE[int(spec.noise.radius), rate]:
        assert time.monotonic() < end, "the trial that was to begin meanwhile did not"
        time.sleep(0.05)
    return made


def results(store: Store) -> list[Any]:
    """The noise and the accuracies of each trial, in the order of their values."""
    trials = load_study(store, "machines").study.trials
    return sorted(
        [
            sorted(trial.params.items()),
            trial.user_attrs[attributes.NOISE],
            [[m.key, m.value] for m in attributes.measurements_of(trial) if m.unit == "%"],
        ]
        for trial in trials
    )


def main(folder: Path) -> None:
    for name in (SHARED, PLACES):
        (folder / name).mkdir()
    os.environ[SHARED_VARIABLE] = str(folder / SHARED)
    nodes = [
        {**NODE, "env_vars": {STORE_VARIABLE: str(folder / name)}} for name in ("first", "second")
    ]
    cluster = Cluster(initialize_head=True, head_node_args={**nodes[0], "include_dashboard": False})
    cluster.add_node(**nodes[1])
    spec = study(
        name="machines",
        search={
            "noise.radius": {"choices": [8, 16]},
            "victim.learning_rate": {"choices": [0.05, 0.1]},
        },
        sampler={"name": "grid"},
        enqueue=POINTS,
        resources=RESOURCES,
        concurrency=2,
    )
    driver, alone = Store.open(folder / DRIVER), Store(folder / ALONE)
    with ray_session(str(cluster.address)):
        result = run_sweep(spec, driver, experiment=placed)
    run_sweep(spec, alone, experiment=run_experiment, backend=InProcess())
    found = {
        "ended": [result.complete, result.target, len(result.failed)],
        "places": {file.name: json.loads(file.read_text()) for file in (folder / PLACES).iterdir()},
        "results": results(driver),
        "alone": results(alone),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
