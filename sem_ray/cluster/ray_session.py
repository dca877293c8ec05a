"""Ray for the length of a sweep or of a run on actors: the cluster that is there, or one of our own
on this machine."""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import ray
import torch
from ray._private import ray_constants
from ray._private import worker as ray_worker
from ray.exceptions import RayError

from sem_ray.cluster.placement import Nodes, live_nodes
from sem_ray.errors import BadInput, WorkFailed

log = logging.getLogger(__name__)

ADDRESS_VARIABLE = "RAY_ADDRESS"
TOKEN_VARIABLES = ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH")
PATIENCE = 10.0
"""Seconds to wait for a cluster to answer."""
OBJECT_STORE = 100_000_000
"""Bytes of shared memory: trials of one process pass nothing through it, and containers have
little."""


@contextmanager
def ray_session(address: str | None = None, *, memory: int = OBJECT_STORE) -> Iterator[None]:
    """Ray, connected: at `address` or RAY_ADDRESS, or started here with `memory` bytes of object
    store. What we started is shut down at the end, however it comes; what was there before is left
    as it was. Raises `BadInput` where there is no Ray at the address."""
    if ray.is_initialized():
        if address is not None:
            raise BadInput(f"this process has joined a Ray already; leave out {address}")
        yield
        return
    try:
        _start(address or os.environ.get(ADDRESS_VARIABLE), memory)
        yield
    finally:
        ray.shutdown()


def _start(address: str | None, memory: int) -> None:
    _quieten()
    try:
        if address and address != "local":
            _refuse_silence(address)
            with _loopback() if _is_loopback(address) else nullcontext():
                ray.init(address, **_QUIET)
        else:
            _start_local(memory)
    except (RayError, ConnectionError, RuntimeError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        if address:
            raise _no_ray(address, reason) from error
        raise WorkFailed(f"Ray did not start on this machine: {reason}") from error


def _quieten() -> None:
    """What Ray says of dead workers is ours to say, in a line; its daemons' words would go to
    stdout, where results go."""
    for name in ("ray", "ray.tune"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    ray_worker.print_to_stdstream = _noted


def _noted(data: dict[str, Any], ignore_prefix: bool) -> None:  # noqa: ARG001  Ray's signature
    for line in data["lines"]:
        log.debug("%s: %s", data["pid"], line)


def _refuse_silence(address: str) -> None:
    """Raise `BadInput` where nobody listens; Ray would try for five minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not port.isdigit():
        return  # "auto", or a name that Ray knows
    try:
        socket.create_connection((host, int(port)), timeout=PATIENCE).close()
    except OSError as error:
        raise _no_ray(address, str(error)) from error


def _no_ray(address: str, reason: str) -> BadInput:
    return BadInput(
        f"no Ray at {address}: {reason}; name a running cluster with --address or "
        f"{ADDRESS_VARIABLE}"
    )


_QUIET = {"log_to_driver": False, "logging_level": logging.CRITICAL}


def _start_local(memory: int) -> None:
    """On the loopback interface alone, with a token of its own.

    Ray would listen on every interface, and leave a token in the home folder that changes how the
    user's later clusters start.
    """
    if not any(os.environ.get(name) for name in TOKEN_VARIABLES):
        os.environ[TOKEN_VARIABLES[0]] = secrets.token_hex(32)
    with _loopback():
        ray.init("local", include_dashboard=False, object_store_memory=memory, **_QUIET)


def _is_loopback(address: str) -> bool:
    host = address.removeprefix("ray://").rpartition(":")[0]
    return host == "localhost" or host.startswith("127.")


@contextmanager
def _loopback() -> Iterator[None]:
    """Ray takes loopback addresses as they are meant, and not for the machine's outer one."""
    elsewhere = ray_constants.ENABLE_RAY_CLUSTER
    ray_constants.ENABLE_RAY_CLUSTER = False
    try:
        yield
    finally:
        ray_constants.ENABLE_RAY_CLUSTER = elsewhere


def known_nodes() -> Nodes | None:
    """What the machines have that a session would use, as far as that is known before it starts."""
    if ray.is_initialized():
        return live_nodes()
    if os.environ.get(ADDRESS_VARIABLE):
        return None
    return [{"CPU": os.cpu_count() or 1, "GPU": torch.cuda.device_count()}]


def object_store(images: int) -> int:
    """Bytes of shared memory for runs on actors over `images` bytes of images: those, clean and
    protected, and a checkpoint on its way; no more than shared memory has. Ray puts what does not
    fit on the disk."""
    shared = Path("/dev/shm")  # noqa: S108  Ray's own place
    free = shutil.disk_usage(shared).free if shared.is_dir() else 4 * OBJECT_STORE
    return max(min(OBJECT_STORE * 10 + 3 * images, int(0.6 * free)), OBJECT_STORE)
