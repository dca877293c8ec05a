"""Members sum what they have, and notice when one is gone."""

from __future__ import annotations

import time

import pytest
import torch

from sem_ray.distributed import LOCAL, Communicator, WorkerLost
from sem_ray.distributed.rendezvous import PATIENCE
from tests.distributed.workers import together


def test_sums_are_over_all_members() -> None:
    def act(communicator: Communicator) -> tuple[list[float], list[float]]:
        now = torch.tensor([1.0, float(communicator.rank)])
        later = torch.tensor([float(communicator.rank)], dtype=torch.float64)
        wait = communicator.all_reduce_async(later)
        communicator.all_reduce(now)
        wait()
        return now.tolist(), later.tolist()

    assert together(3, act) == [([3.0, 3.0], [3.0])] * 3


def test_a_member_alone_has_the_sum_already() -> None:
    values = torch.tensor([2.0])
    LOCAL.all_reduce(values)
    LOCAL.all_reduce_async(values)()
    assert values.tolist() == [2.0]


def test_a_member_that_leaves_is_lost_to_the_others() -> None:
    def act(communicator: Communicator) -> str:
        if communicator.rank == 1:
            return "left"
        try:
            for _ in range(3):
                communicator.all_reduce(torch.ones(2))
        except WorkerLost as lost:
            return str(lost)
        return "nothing noticed"

    first, second, third = together(3, act)
    assert second == "left"
    for said in (first, third):
        assert said.startswith("another member of the run is gone (")


def test_the_loss_of_one_reaches_all_the_others_at_once() -> None:
    """In a ring a member sees only its neighbours; whoever notices must leave in turn."""

    def act(communicator: Communicator) -> float:
        if communicator.rank == 3:
            return 0.0
        start = time.monotonic()
        with pytest.raises(WorkerLost):
            for _ in range(20):
                communicator.all_reduce(torch.ones(100))
        return time.monotonic() - start

    assert max(together(6, act)) < PATIENCE.total_seconds() / 4


def test_what_listens_listens_on_loopback_alone() -> None:
    from pathlib import Path

    def listening() -> set[str]:
        rows = Path("/proc/self/net/tcp").read_text(encoding="ascii").splitlines()[1:]
        return {row.split()[1] for row in rows if row.split()[3] == "0A"}

    before = listening()
    opened = together(2, lambda _: listening() - before)
    assert opened[0]
    assert all(place.startswith("0100007F") for places in opened for place in places)
