"""What a sum over two processes of this machine takes, through the members' own meeting."""

from __future__ import annotations

import multiprocessing
import time
from typing import Any

import torch

from benchmarks.scaling.step_costs import Link
from sem_ray.distributed.rendezvous import GroupCommunicator, Rendezvous, bind

LOOPBACK = "127.0.0.1"
MEMBERS = 2
SMALL, LARGE = 1, 6_000_000
"""float64 values: nothing but latency, and a bucket of gradients in exact mode."""
TIMES = {SMALL: 200, LARGE: 5}
PATIENCE = 120.0


def gloo() -> Link:
    """Between two processes of this machine. They sum on the cores that compute, so nothing hides
    behind a backward pass."""
    seconds = measured()
    extra = max(seconds[LARGE] - seconds[SMALL], 1e-9)
    sent = 2 * (MEMBERS - 1) / MEMBERS * 8 * (LARGE - SMALL)
    latency = seconds[SMALL] / (2 * (MEMBERS - 1))
    return Link(bandwidth=sent / extra, latency=latency, hidden=0.0)


def measured() -> dict[int, float]:
    """Values → median seconds of their sum."""
    spawn = multiprocessing.get_context("spawn")
    ports, found = spawn.Queue(), spawn.Queue()
    members = [
        spawn.Process(target=_member, args=(rank, ports, found), daemon=True)
        for rank in range(MEMBERS)
    ]
    for member in members:
        member.start()
    seconds: dict[int, float] = found.get(timeout=PATIENCE)
    for member in members:
        member.join()
    return seconds


def _member(rank: int, ports: Any, found: Any) -> None:
    torch.set_num_threads(1)
    listener = bind(LOOPBACK) if rank == 0 else None
    if listener is not None:
        for _ in range(MEMBERS):
            ports.put(listener.getsockname()[1])
    rendezvous = Rendezvous(LOOPBACK, ports.get(timeout=PATIENCE), LOOPBACK, rank, MEMBERS, 0)
    communicator = GroupCommunicator(rendezvous, listener)
    seconds = {size: _median(communicator, size) for size in TIMES}
    communicator.leave()
    if rank == 0:
        found.put(seconds)


def _median(communicator: GroupCommunicator, size: int) -> float:
    values = torch.zeros(size, dtype=torch.float64)
    communicator.all_reduce(values)
    times = []
    for _ in range(TIMES[size]):
        start = time.perf_counter()
        communicator.all_reduce(values)
        times.append(time.perf_counter() - start)
    return sorted(times)[len(times) // 2]


def memory() -> float:
    """Bytes/s that one thread reads and writes, copying more than caches hold."""
    source = torch.zeros(2**25)
    target = torch.empty_like(source)
    target.copy_(source)
    start = time.perf_counter()
    for _ in range(5):
        target.copy_(source)
    return 5 * 2 * source.numel() * source.element_size() / (time.perf_counter() - start)
