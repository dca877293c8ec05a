"""`NoiseShard`: the Ray actor that owns shards of images and of their noise, on its share of a
device, and takes part in the run as one worker of its group."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import ray
import torch

from sem_ray.cluster.group.payload import RunPayload, as_arrays, as_tensors, unpack
from sem_ray.data.image_set import Rows
from sem_ray.devices import pick_device
from sem_ray.distributed import LOCAL, Communicator
from sem_ray.distributed.rendezvous import GroupCommunicator, Rendezvous, bind
from sem_ray.progress import Worker
from sem_ray.training.run_loop import Executor, Report
from sem_ray.training.run_state import State


@dataclass(frozen=True)
class WorkerAddress:
    """The machine and process of a worker."""

    address: str
    node: str
    pid: int


class NoiseShard:
    """The Ray actor that is one worker of a group. After any failure it can `join` again."""

    def __init__(self, cpus: float, gpus: float) -> None:
        torch.set_num_threads(max(1, int(cpus)))
        self._device = pick_device("auto" if gpus else "cpu")
        self._listener: socket.socket | None = None
        self._communicator: Communicator = LOCAL
        self._executor: Executor | None = None

    def place(self) -> WorkerAddress:
        context = ray.get_runtime_context()
        return WorkerAddress(ray.util.get_node_ip_address(), context.get_node_id(), os.getpid())

    def bind(self, address: str) -> int:
        """Listen at `address` as rank 0, to which the others connect. Returns the port."""
        self._close_listener()
        self._listener = bind(address)
        return int(self._listener.getsockname()[1])

    def join(
        self,
        payload: RunPayload,
        rendezvous: Rendezvous,
        owned: Sequence[int],
        parts: Sequence[Any],
        test: Sequence[Any],
        state: Sequence[Any],
    ) -> None:
        """Meet the others, and take the `owned` shards to the step of a state, or to the
        beginning. `parts`, one a shard, `test` and `state`, one or none, are references, which Ray
        passes on as they are because they lie in a list. Raises `WorkerLost`."""
        self.leave()
        try:
            self._join(payload, rendezvous, owned, parts, test, state)
        except BaseException:
            self.leave()
            raise

    def _join(
        self,
        payload: RunPayload,
        rendezvous: Rendezvous,
        owned: Sequence[int],
        parts: Sequence[Any],
        test: Sequence[Any],
        state: Sequence[Any],
    ) -> None:
        rows = self._here(payload, parts)
        tested = self._here(payload, test) if test else None
        listener, self._listener = self._listener, None
        if rendezvous.count > 1:
            self._communicator = GroupCommunicator(
                rendezvous, listener if rendezvous.rank == 0 else None
            )
        elif listener is not None:
            listener.close()
        self._executor = payload.executor(rows, owned, self._communicator, tested)
        self._executor.load(as_tensors(*ray.get(list(state))) if state else None)
        self._owned, self._name = tuple(owned), f"actor {rendezvous.rank}"

    def _here(self, payload: RunPayload, parts: Sequence[Any]) -> Rows:
        """Those of `parts`. Raises `BadInput` if they are in a file that this machine lacks."""
        rows = unpack(ray.get(list(parts)))
        return rows.to(self._device, stream=payload.stream, beside=payload.beside)

    def advance(self, until: int) -> Report:
        """Do this worker's part of the steps up to `until`. Raises `WorkerLost`."""
        executor = self._at_work()
        start = time.perf_counter()
        try:
            report = executor.advance(until)
        except BaseException:
            # Workers that wait for this one notice at once.
            self.leave()
            raise
        seconds = time.perf_counter() - start
        worker = Worker(self._name, self._owned, report.images / seconds, seconds)
        return replace(report, workers=(worker,))

    def state(self, *, shared: bool) -> State:
        """The state of this worker's shards; with `shared`, also what all workers have alike."""
        state = self._at_work().state()
        return as_arrays(state if shared else replace(state, shared={}))

    def leave(self) -> None:
        """Drop the run and close the connections, which the other workers notice at once."""
        self._executor = None
        communicator, self._communicator = self._communicator, LOCAL
        if isinstance(communicator, GroupCommunicator):
            communicator.leave()

    def _at_work(self) -> Executor:
        if self._executor is None:
            raise RuntimeError("this actor has joined no run")
        return self._executor

    def _close_listener(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None
