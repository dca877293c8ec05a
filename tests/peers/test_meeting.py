"""Members sum what they have, and notice when one is gone."""

from __future__ import annotations

import torch

from sem_ray.peers import ALONE, PeerLost, Peers
from tests.peers.members import together


def test_sums_are_over_all_members() -> None:
    def act(peers: Peers) -> tuple[list[float], list[float]]:
        now = torch.tensor([1.0, float(peers.rank)])
        later = torch.tensor([float(peers.rank)], dtype=torch.float64)
        wait = peers.add_later(later)
        peers.add(now)
        wait()
        return now.tolist(), later.tolist()

    assert together(3, act) == [([3.0, 3.0], [3.0])] * 3


def test_a_member_alone_has_the_sum_already() -> None:
    values = torch.tensor([2.0])
    ALONE.add(values)
    ALONE.add_later(values)()
    assert values.tolist() == [2.0]


def test_a_member_that_leaves_is_lost_to_the_others() -> None:
    def act(peers: Peers) -> str:
        if peers.rank == 1:
            return "left"
        try:
            for _ in range(3):
                peers.add(torch.ones(2))
        except PeerLost as lost:
            return str(lost)
        return "nothing noticed"

    lost = "another member of the run is gone"
    assert together(3, act) == [lost, "left", lost]


def test_what_listens_listens_on_loopback_alone() -> None:
    from pathlib import Path

    def listening() -> set[str]:
        rows = Path("/proc/self/net/tcp").read_text(encoding="ascii").splitlines()[1:]
        return {row.split()[1] for row in rows if row.split()[3] == "0A"}

    before = listening()
    opened = together(2, lambda _: listening() - before)
    assert opened[0]
    assert all(place.startswith("0100007F") for places in opened for place in places)
