"""`NoiseShard`: the Ray actor that owns shards of images and of their noise, on its share of a
device, and takes part in the run as one member of its group."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import ray
import torch

from sem_ray.cluster.group.payload import Job, as_arrays, as_tensors, unpack
from sem_ray.data.image_set import Rows
from sem_ray.devices import pick_device
from sem_ray.distributed import ALONE, Peers
from sem_ray.distributed.rendezvous import Gathered, Meeting, open_door
from sem_ray.progress import Worker
from sem_ray.training.run_loop import Crew, Report, State


@dataclass(frozen=True)
class Place:
    """Where a member runs."""

    address: str
    node: str
    pid: int


class NoiseShard:
    """One member of a group, able to join again whatever failed."""

    def __init__(self, cpus: float, gpus: float) -> None:
        torch.set_num_threads(max(1, int(cpus)))
        self._device = pick_device("auto" if gpus else "cpu")
        self._door: socket.socket | None = None
        self._peers: Peers = ALONE
        self._crew: Crew | None = None

    def place(self) -> Place:
        context = ray.get_runtime_context()
        return Place(ray.util.get_node_ip_address(), context.get_node_id(), os.getpid())

    def open_door(self, address: str) -> int:
        """Where the others will find this member, which is to be the first: a port."""
        self._shut_door()
        self._door = open_door(address)
        return int(self._door.getsockname()[1])

    def join(
        self,
        job: Job,
        meeting: Meeting,
        owned: Sequence[int],
        parts: Sequence[Any],
        test: Sequence[Any],
        state: Sequence[Any],
    ) -> None:
        """Meet the others, and stand with the `owned` shards where a state says, or at the
        beginning. `parts`, one a shard, `test` and `state`, one or none, are references, which Ray
        passes on as they are where they lie in a list. Raises `WorkerLost`."""
        self.leave()
        try:
            self._join(job, meeting, owned, parts, test, state)
        except BaseException:
            self.leave()
            raise

    def _join(
        self,
        job: Job,
        meeting: Meeting,
        owned: Sequence[int],
        parts: Sequence[Any],
        test: Sequence[Any],
        state: Sequence[Any],
    ) -> None:
        rows = self._here(job, parts)
        tested = self._here(job, test) if test else None
        door, self._door = self._door, None
        if meeting.count > 1:
            self._peers = Gathered(meeting, door if meeting.rank == 0 else None)
        elif door is not None:
            door.close()
        self._crew = job.crew(rows, owned, self._peers, tested)
        self._crew.load(as_tensors(*ray.get(list(state))) if state else None)
        self._owned, self._name = tuple(owned), f"actor {meeting.rank}"

    def _here(self, job: Job, parts: Sequence[Any]) -> Rows:
        """Those of `parts`. Raises `BadInput` where they are in a file this machine has not."""
        rows = unpack(ray.get(list(parts)))
        return rows.to(self._device, stream=job.stream, beside=job.beside)

    def advance(self, until: int) -> Report:
        """Its part of the steps up to `until`. Raises `WorkerLost`."""
        crew = self._at_work()
        start = time.perf_counter()
        try:
            report = crew.advance(until)
        except BaseException:
            # Whoever waits for this member notices at once.
            self.leave()
            raise
        seconds = time.perf_counter() - start
        worker = Worker(self._name, self._owned, report.images / seconds, seconds)
        return replace(report, workers=(worker,))

    def state(self, *, shared: bool) -> State:
        """Its shards' state, and what all have alike where `shared`."""
        state = self._at_work().state()
        return as_arrays(state if shared else replace(state, shared={}))

    def leave(self) -> None:
        """Drop the run, and the others, who notice at once."""
        self._crew = None
        peers, self._peers = self._peers, ALONE
        if isinstance(peers, Gathered):
            peers.leave()

    def _at_work(self) -> Crew:
        if self._crew is None:
            raise RuntimeError("this actor has joined no run")
        return self._crew

    def _shut_door(self) -> None:
        if self._door is not None:
            self._door.close()
            self._door = None
