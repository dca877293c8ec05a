"""A sweep with two-actor trials on two Ray nodes whose stores are different folders, with a shared
store behind them: `python -m tests.studies.run.two_machines FOLDER`.

Prints one JSON object: how the sweep ended, and how many nodes ran trials.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from pathlib import Path

os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)  # before Ray is imported

from ray.cluster_utils import Cluster

from sem_ray.cluster.ray_session import ray_session
from sem_ray.pipeline import Backend
from sem_ray.pipeline.experiment import Outcome
from sem_ray.progress import ProgressSink, silent
from sem_ray.spec import ExperimentSpec
from sem_ray.store import Store
from sem_ray.store.artifacts import STORE_VARIABLE
from sem_ray.store.shared import SHARED_VARIABLE
from sem_ray.studies.run.sweep import run_sweep
from tests.studies.fakes import study
from tests.studies.run.marking import marking

NODE = {"object_store_memory": 150_000_000, "node_ip_address": "127.0.0.1", "num_cpus": 2}
ACTORS = {"count": 2, "cpus": 0.5, "strategy": "SPREAD"}
"""On both nodes, wherever Ray puts the process of the trial."""


def on_two_actors(
    spec: ExperimentSpec, store: Store, *, backend: Backend, sink: ProgressSink = silent
) -> Outcome:
    """Leaves a file that says in which store it worked."""
    (store.root / "worked").mkdir(parents=True, exist_ok=True)
    return marking(spec, store, backend=backend, sink=sink)


def main(folder: Path) -> None:
    (folder / "shared").mkdir()
    os.environ[SHARED_VARIABLE] = str(folder / "shared")
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
        resources={"cpus": 1, "actors": ACTORS},
        concurrency=2,
    )
    with ray_session(str(cluster.address)):
        result = run_sweep(spec, Store.open(folder / "driver"), experiment=on_two_actors)
    ended = [result.complete, result.target, len(result.failed)]
    print(json.dumps({"result": ended, "nodes": len(list(folder.glob("*/worked")))}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
