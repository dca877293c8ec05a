"""Ray for the length of a sweep: the cluster that is there, or one of our own on this machine."""

from __future__ import annotations

import logging
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import ray
import torch
from ray._private import ray_constants
from ray.exceptions import RayError

from sem_ray.errors import BadInput, WorkFailed
from sem_ray.studies.search_space import TrialResources

ADDRESS_VARIABLE = "RAY_ADDRESS"
TOKEN_VARIABLES = ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH")
PATIENCE = 10.0
"""Seconds to wait for a cluster to answer."""
OBJECT_STORE = 100_000_000
"""Bytes of shared memory; trials pass nothing through it, and containers have little."""


@contextmanager
def ray_session() -> Iterator[None]:
    """Ray, connected. What we started is shut down at the end, however it comes; what was there
    before is left as it was."""
    if ray.is_initialized():
        yield
        return
    try:
        _start()
        yield
    finally:
        ray.shutdown()


def _start() -> None:
    for name in ("ray", "ray.tune"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    address = os.environ.get(ADDRESS_VARIABLE)
    try:
        if address and address != "local":
            _refuse_silence(address)
            ray.init(address, **_QUIET)
        else:
            _start_local()
    except (RayError, ConnectionError, RuntimeError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        if address:
            raise BadInput(f"no Ray at {ADDRESS_VARIABLE}={address}: {reason}") from error
        raise WorkFailed(f"Ray did not start on this machine: {reason}") from error


def _refuse_silence(address: str) -> None:
    """Raise `BadInput` where nobody listens; Ray would try for five minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not port.isdigit():
        return  # "auto", or a name that Ray knows
    try:
        socket.create_connection((host, int(port)), timeout=PATIENCE).close()
    except OSError as error:
        raise BadInput(f"no Ray at {ADDRESS_VARIABLE}={address}: {error}") from error


_QUIET = {"log_to_driver": False, "logging_level": logging.CRITICAL}


def _start_local() -> None:
    """On the loopback interface alone, with a token of its own.

    Ray would listen on every interface, and leave a token in the home folder that changes how the
    user's later clusters start.
    """
    if not any(os.environ.get(name) for name in TOKEN_VARIABLES):
        os.environ[TOKEN_VARIABLES[0]] = secrets.token_hex(32)
    elsewhere = ray_constants.ENABLE_RAY_CLUSTER
    ray_constants.ENABLE_RAY_CLUSTER = False
    try:
        ray.init("local", include_dashboard=False, object_store_memory=OBJECT_STORE, **_QUIET)
    finally:
        ray_constants.ENABLE_RAY_CLUSTER = elsewhere


def refuse_what_never_fits(wanted: TrialResources) -> None:
    """Raise `BadInput` where the machine is too small, before anything is started or written."""
    if ray.is_initialized():
        room_for(wanted)
    elif not os.environ.get(ADDRESS_VARIABLE):
        _room([{"CPU": os.cpu_count() or 1, "GPU": torch.cuda.device_count()}], wanted)


def room_for(wanted: TrialResources) -> int:
    """How many trials fit at once on the cluster's nodes. Raises `BadInput` where none does."""
    return _room([node["Resources"] for node in ray.nodes() if node["Alive"]], wanted)


def _room(nodes: list[dict[str, float]], wanted: TrialResources) -> int:
    room = sum(_fitting(node, wanted) for node in nodes)
    if room == 0:
        there = " and ".join(_amounts(node.get("CPU", 0), node.get("GPU", 0)) for node in nodes)
        raise BadInput(
            f"a trial wants {_amounts(wanted.cpus, wanted.gpus)} on one machine, and there is "
            f"room for {there}; lower resources in the search file"
        )
    return room


def _fitting(node: dict[str, float], wanted: TrialResources) -> int:
    by_cpu = int(node.get("CPU", 0) / wanted.cpus)
    return by_cpu if wanted.gpus == 0 else min(by_cpu, int(node.get("GPU", 0) / wanted.gpus))


def _amounts(cpus: float, gpus: float) -> str:
    return f"{cpus:g} CPUs and {gpus:g} GPUs"
