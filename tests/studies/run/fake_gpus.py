"""Sweeps on a cluster whose nodes say that they have GPUs:
`python -m tests.studies.run.fake_gpus STORE`.

Prints one JSON object: for each sweep the sentence about devices, and where its trials ran on what,
or why it was refused.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from functools import partial
from typing import Any

os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)  # before Ray is imported

import ray
from ray.cluster_utils import Cluster

from sem_ray.cluster.ray_session import ray_session
from sem_ray.device_use import HostMemory
from sem_ray.errors import BadInput
from sem_ray.pipeline import Backend
from sem_ray.progress import ProgressSink, silent
from sem_ray.spec import ExperimentSpec
from sem_ray.store import Store
from sem_ray.studies.events import DevicesChosen, SweepEvent
from sem_ray.studies.run.sweep import run_sweep
from tests.studies.fakes import Made, instant, study

NODE = {"object_store_memory": 100_000_000, "node_ip_address": "127.0.0.1"}
KINDS = {"H100": 1, "T4": 2}
"""Kind of GPU → GPUs of the node that has it."""
SWEEPS: dict[str, Any] = {
    "open": None,
    "kind": {"gpu_kind": "T4"},
    "shared": {"gpus": "auto", "cpus": 0.2},
    "unknown": {"gpu_kind": "T40"},
}
TRIALS = {"shared": 5}
GB = 1_000_000_000


def _took(meter: HostMemory) -> int:
    """Bytes, in place of a GPU's own account."""
    return 12 * GB


def noting(
    spec: ExperimentSpec,
    store: Store,
    *,
    backend: Backend,
    sink: ProgressSink = silent,
    sweep: str,
) -> Made:
    """Leaves a file that says where it ran and on what. Says that it took 12 of 80 GB."""
    HostMemory.memory = 80 * GB
    HostMemory.peak = _took  # type: ignore[assignment, method-assign]
    here = ray.get_runtime_context()
    resources = next(n["Resources"] for n in ray.nodes() if n["NodeID"] == here.get_node_id())
    kind = next((kind for kind in KINDS if f"accelerator_type:{kind}" in resources), "none")
    given = here.get_assigned_resources().get("GPU", 0)
    folder = store.root / "ran" / sweep
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{kind} {given:g} {backend.device.type} {secrets.token_hex(4)}").touch()
    return instant(spec, store, backend=backend, sink=sink)


def cluster() -> Cluster:
    head = {**NODE, "num_cpus": 2, "num_gpus": 0, "include_dashboard": False}
    made = Cluster(initialize_head=True, head_node_args=head)
    for kind, gpus in KINDS.items():
        there = {f"accelerator_type:{kind}": 1}
        made.add_node(**NODE, num_cpus=2, num_gpus=gpus, resources=there)
    return made


def swept(store: Store, name: str) -> dict[str, Any]:
    said: list[str] = []

    def hear(event: SweepEvent) -> None:
        if isinstance(event, DevicesChosen):
            said.append(event.notice)

    spec = study(name=name, trials=TRIALS.get(name, 3), concurrency=None, resources=SWEEPS[name])
    try:
        result = run_sweep(spec, store, experiment=partial(noting, sweep=name), on_event=hear)
    except BadInput as error:
        return {"refused": str(error)}
    ran = sorted(file.name[:-9] for file in (store.root / "ran" / name).iterdir())
    return {"ok": result.ok, "said": said, "ran": ran}


def main() -> None:
    store = Store.open(sys.argv[1])
    with ray_session(str(cluster().address)):
        print(json.dumps({name: swept(store, name) for name in SWEEPS}))


if __name__ == "__main__":
    main()
