"""Members of a run as threads of one process, met through real gloo groups."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Lock
from typing import TypeVar

import torch

from sem_ray.distributed import Communicator
from sem_ray.distributed.rendezvous import GroupCommunicator, Rendezvous, bind

Made = TypeVar("Made")
LOOPBACK = "127.0.0.1"
_building = Lock()


def one_by_one(communicator: Communicator, build: Callable[[], Made]) -> Made:
    """What `build` makes, before any member goes on: PyTorch builds and traces networks with global
    state, which members that are processes do not share."""
    with _building:
        made = build()
    communicator.all_reduce(torch.zeros(1))
    return made


_numbers = count()


def together(members: int, act: Callable[[Communicator], Made]) -> list[Made]:
    """What `act` gave each member, by rank."""
    listener = bind(LOOPBACK)
    port, number = listener.getsockname()[1], next(_numbers)

    def member(rank: int) -> Made:
        rendezvous = Rendezvous(LOOPBACK, port, LOOPBACK, rank, members, number)
        communicator = GroupCommunicator(rendezvous, listener if rank == 0 else None)
        try:
            return act(communicator)
        finally:
            communicator.leave()

    with ThreadPoolExecutor(members) as threads:
        return list(threads.map(member, range(members)))
