"""Ray for the length of a sweep or of a run on actors: the cluster that is there, or one of our own
on this machine."""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import FrameType
from typing import Any

import ray
import torch
from ray._private import ray_constants, services
from ray._private import worker as ray_worker

from sem_ray.cluster.gpu_kinds import Nodes, constraint, kind_here
from sem_ray.cluster.placement import live_nodes
from sem_ray.cluster.ray_watch import watched
from sem_ray.cluster.start_watch import start_watched
from sem_ray.errors import BadInput, SemRayError, WorkFailed
from sem_ray.interrupts import Interrupted, interrupt

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
    store.

    Ray that we started is shut down at the end, however it comes; Ray that was there before is left
    as it was. SIGTERM and SIGHUP end the block as Ctrl-C does. Raises `BadInput` if there is no Ray
    at the address, `WorkFailed` if Ray does not start or is gone before the end.
    """
    if ray.is_initialized():
        if address is not None:
            raise BadInput(f"this process has joined a Ray already; leave out {address}")
        with watched(ours=False):
            yield
        return
    place = address or os.environ.get(ADDRESS_VARIABLE)
    with _stops() as obey:
        try:
            _start(place, memory)
            obey()
            with watched(ours=_is_ours(place)):
                yield
        finally:
            ray.shutdown()


@contextmanager
def _stops() -> Iterator[Callable[[], None]]:
    """`ray.init` sets a handler of SIGTERM that ends the process without a word. The call that this
    gives sets handlers of SIGTERM and SIGHUP that raise `Interrupted`, or do what was there before;
    at the end of the block all is as it was. A signal that has no handler of Python before keeps
    its effect, but for SIGTERM."""
    if threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    came: list[int] = []

    def note(signum: int, frame: FrameType | None) -> None:
        came.append(signum)
        handler = before[signal.Signals(signum)]
        handler(signum, frame) if callable(handler) else interrupt(signum, frame)

    def obey() -> None:
        for number, handler in before.items():
            ours = callable(handler) or (number == signal.SIGTERM and handler != signal.SIG_IGN)
            signal.signal(number, note if ours else handler)

    try:
        yield obey
    except KeyboardInterrupt as error:
        # A call to Ray raises a plain one, whatever the handler raised.
        if came and not isinstance(error, Interrupted):
            raise Interrupted(came[0]) from error
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _is_ours(address: str | None) -> bool:
    return not address or address == "local"


def _start(address: str | None, memory: int) -> None:
    _quieten()
    try:
        if address is None or _is_ours(address):
            with start_watched():
                _start_local(memory)
        else:
            _refuse_silence(address)
            with _loopback() if _is_loopback(address) else nullcontext():
                ray.init(address, **_QUIET)
    except SemRayError:
        raise
    except SystemExit as error:  # Ray's handler of SIGTERM, while Ray starts
        raise Interrupted(signal.SIGTERM) from error
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        if _is_ours(address):
            raise WorkFailed(f"Ray did not start on this machine: {reason}") from error
        raise _no_ray(address or "", reason) from error


def _quieten() -> None:
    """Keep Ray's own messages about dead workers off the terminal: we report them in one line, and
    stdout is for results."""
    for name in ("ray", "ray.tune"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    ray_worker.print_to_stdstream = _noted


def _noted(data: dict[str, Any], ignore_prefix: bool) -> None:  # noqa: ARG001  Ray's signature
    for line in data["lines"]:
        log.debug("%s: %s", data["pid"], line)


def require_ray() -> None:
    """Raise `BadInput` if RAY_ADDRESS names a cluster and none answers there, before anything is
    made for it."""
    address = os.environ.get(ADDRESS_VARIABLE)
    if address and not _is_ours(address) and not ray.is_initialized():
        _refuse_silence(address)


def _refuse_silence(address: str) -> None:
    """Raise `BadInput` if nothing listens there; Ray would try for five minutes."""
    if address == "auto":
        if not services.find_gcs_addresses():
            raise _no_ray(address, "none runs on this machine")
        return
    place = address.removeprefix("ray://")
    if "://" in place:
        return  # of a service that Ray has a plugin for
    host, _, port = place.rpartition(":")
    if not host or not port.isdigit():
        raise _no_ray(address, "an address is HOST:PORT, ray://HOST:PORT or auto")
    try:
        socket.create_connection((host, int(port)), timeout=PATIENCE).close()
    except OSError as error:
        raise _no_ray(address, str(error)) from error


def _no_ray(address: str, reason: str) -> BadInput:
    """Names the variable only if it is what gave the address: not every command has an option."""
    if address == os.environ.get(ADDRESS_VARIABLE):
        remedy = f"set {ADDRESS_VARIABLE} to a running cluster, or unset it to use this machine"
    else:
        remedy = "name a running cluster with --address, or leave it out to use this machine"
    return BadInput(f"no Ray at {address}: {reason}; {remedy}")


_QUIET = {"log_to_driver": False, "logging_level": logging.CRITICAL}


def _start_local(memory: int) -> None:
    """Start Ray on the loopback interface alone, with a token of its own. By default Ray listens on
    every interface, and leaves a token in the home folder that later clusters of the user would
    take."""
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
    """The resources of the machines that a session would use, or None if that is unknown before it
    starts."""
    if ray.is_initialized():
        return live_nodes()
    if os.environ.get(ADDRESS_VARIABLE):
        return None
    gpus = torch.cuda.device_count()
    kind = constraint(kind_here()) if gpus else {}
    return [{"CPU": os.cpu_count() or 1, "GPU": gpus, **dict.fromkeys(kind, 1.0)}]


def object_store(images: int) -> int:
    """Bytes of shared memory for runs on actors over `images` bytes of images: those, clean and
    protected, and a checkpoint on its way; no more than shared memory has. Ray puts what does not
    fit on the disk."""
    shared = Path("/dev/shm")  # noqa: S108  Ray's own place
    free = shutil.disk_usage(shared).free if shared.is_dir() else 4 * OBJECT_STORE
    return max(min(OBJECT_STORE * 10 + 3 * images, int(0.6 * free)), OBJECT_STORE)
