"""Workers of a run that meet through `torch.distributed`: NCCL between GPUs of their own, gloo
everywhere else.

No global process group: a communicator is an object, so workers can meet again after one is lost,
and two communicators can live in one process. What listens does so on the worker's own
address alone.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
import torch.distributed
from torch import Tensor

from sem_ray.distributed.communicator import Work, WorkerLost

_dist: Any = torch.distributed
"""Its stores and groups are public, and left out of its type hints."""
PATIENCE = timedelta(seconds=120)
"""For a worker that is alive and says nothing. One that died is noticed at once."""


@dataclass(frozen=True)
class Rendezvous:
    """The address at which a worker meets the others, and its place among them.

    `address` is that of rank 0, whose store listens at `port`; `own_address` is what this worker
    listens on; `number` tells the rendezvous of one run apart.
    """

    address: str
    port: int
    own_address: str
    rank: int
    count: int
    number: int
    gpus: bool = False


def bind(address: str) -> socket.socket:
    """A listening socket on a free port of `address`, for rank 0's `Rendezvous.port`."""
    listener = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    listener.bind((address, 0))
    listener.listen(1024)
    return listener


class GroupCommunicator:
    """The communicator of workers that have met.

    Under gloo, sums of weights' gradients go through a group of their own, so that the small sums
    of BatchNorm never queue behind them; NCCL wants one group a device.
    """

    def __init__(self, rendezvous: Rendezvous, listener: socket.socket | None = None) -> None:
        """Returns once every worker is here. Raises `WorkerLost` if one does not come."""
        self.rank, self.count = rendezvous.rank, rendezvous.count
        with _losses():
            self._store = _store(rendezvous, listener)
            names = ("sums",) if rendezvous.gpus else ("sums", "gradients")
            self._groups = [_group(self._store, rendezvous, name) for name in names]
            # NCCL meets at the first sum.
            first = torch.zeros(1, device="cuda" if rendezvous.gpus else "cpu")
            self._groups[0].allreduce([first]).wait()

    def all_reduce(self, values: Tensor) -> None:
        with _losses():
            self._groups[0].allreduce([values]).wait()

    def all_reduce_async(self, values: Tensor) -> Work:
        with _losses():
            work = self._groups[-1].allreduce([values])

        def wait() -> None:
            with _losses():
                work.wait()

        return wait

    def leave(self) -> None:
        """Close all connections; the other workers see this one as lost."""
        for group in self._groups:
            with suppress(RuntimeError):
                group.abort()
        # gloo closes its sockets when it is freed, and not before.
        self._groups.clear()
        del self._store


def _store(rendezvous: Rendezvous, listener: socket.socket | None) -> Any:
    return _dist.TCPStore(
        rendezvous.address,
        rendezvous.port,
        rendezvous.count,
        is_master=listener is not None,
        timeout=PATIENCE,
        wait_for_workers=False,
        master_listen_fd=listener.detach() if listener else None,
    )


def _group(store: Any, rendezvous: Rendezvous, name: str) -> Any:
    apart = _dist.PrefixStore(f"{rendezvous.number}/{name}", store)
    if rendezvous.gpus:
        return _dist.ProcessGroupNCCL(apart, rendezvous.rank, rendezvous.count, PATIENCE)
    # The public options of gloo name no address to listen on.
    gloo = _dist.ProcessGroupGloo
    options = gloo._Options()
    options._timeout = PATIENCE
    options._devices = [gloo.create_device(hostname=rendezvous.own_address)]
    return gloo(apart, rendezvous.rank, rendezvous.count, options)


class _losses:  # noqa: N801  a context manager reads as a verb
    """Raise what `torch.distributed` raises for a lost worker as `WorkerLost`."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        if isinstance(error, RuntimeError) and not isinstance(error, torch.OutOfMemoryError):
            reason = str(error).strip().splitlines()[0][:200] if str(error).strip() else ""
            raise WorkerLost(f"another worker of the run is gone ({reason})") from error
