"""Who fits where, and who owns what: pure functions."""

from __future__ import annotations

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sem_ray.cluster.placement import refuse_what_never_fits, room, shared_out, trial_bundles
from sem_ray.errors import BadInput
from sem_ray.spec.resources import TrialResources


def trial(cpus: float = 0.2, count: int = 2, **each: float) -> list[dict[str, float]]:
    actors = {"count": count, **each}
    return trial_bundles(TrialResources.model_validate({"cpus": cpus, "actors": actors}))


def test_a_trials_own_process_comes_first() -> None:
    assert trial() == [{"CPU": 0.2}, {"CPU": 1.0}, {"CPU": 1.0}]
    assert trial_bundles(TrialResources(cpus=2, gpus=0.5)) == [{"CPU": 2.0, "GPU": 0.5}]


@pytest.mark.parametrize(
    ("nodes", "times"),
    [
        ([{"CPU": 2.2}], 1),
        ([{"CPU": 2.0}], 0),  # 2.2 are wanted
        ([{"CPU": 2.0}, {"CPU": 1.0}], 1),
        ([{"CPU": 1.2}, {"CPU": 1.0}, {"CPU": 2.2}], 2),
        ([{"CPU": 0.9}, {"CPU": 0.9}, {"CPU": 0.9}], 0),  # enough in all, and nowhere a whole core
        ([], 0),
    ],
)
def test_room_is_for_whole_trials(nodes: list[dict[str, float]], times: int) -> None:
    assert room(trial(), nodes) == times


def test_gpus_are_shared_by_fractions() -> None:
    assert room(trial(count=4, gpus=0.5), [{"CPU": 64, "GPU": 4}]) == 2
    with pytest.raises(BadInput, match=r"2 actors of 1 CPUs and 3 GPUs each, and .* 2 GPUs; ask"):
        refuse_what_never_fits(trial(gpus=3), [{"CPU": 64, "GPU": 2}], "a trial")


@given(shards=st.integers(1, 64), workers=st.integers(1, 64))
def test_every_shard_has_one_owner_and_no_owner_idles(shards: int, workers: int) -> None:
    workers = min(workers, shards)
    owned = shared_out(shards, workers)
    assert list(chain(*owned)) == list(range(shards))
    sizes = [len(own) for own in owned]
    assert len(owned) == workers and min(sizes) >= 1 and max(sizes) - min(sizes) <= 1
