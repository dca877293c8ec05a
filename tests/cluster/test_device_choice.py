"""What a trial takes of the machines at hand, and what is said of it: pure functions."""

from __future__ import annotations

from typing import Any

import pytest

from sem_ray.cluster.device_choice import DeviceWish, in_words
from sem_ray.cluster.gpu_kinds import Nodes
from sem_ray.errors import BadInput
from sem_ray.spec.resources import TrialResources, WantedResources

LAPTOP: Nodes = [{"CPU": 2}]
BOX: Nodes = [{"CPU": 64, "GPU": 1}]
MIXED: Nodes = [
    {"CPU": 8, "GPU": 2, "accelerator_type:H100": 1},
    {"CPU": 8, "GPU": 4, "accelerator_type:T4": 1},
    {"CPU": 32},
]


def wish(small: bool = False, **wanted: Any) -> DeviceWish:
    return DeviceWish(WantedResources.model_validate(wanted) if wanted else None, small)


def test_without_resources_a_trial_takes_a_whole_gpu_if_there_is_one() -> None:
    choice = wish().on(BOX)
    assert (choice.resources.gpus, choice.at_once, choice.packs) == (1, 1, False)
    assert choice.notice == "no resources given: a trial takes 1 core and 1 GPU, 1 at once"
    assert wish().on(MIXED).at_once == 6


def test_without_resources_and_without_a_gpu_it_takes_a_core() -> None:
    choice = wish().on(LAPTOP)
    assert (choice.resources, choice.at_once) == (TrialResources(), 2)
    assert choice.notice == (
        "no resources given, and there is no GPU: a trial takes 1 core, 2 at once"
    )


def test_small_networks_share_a_gpu() -> None:
    choice = wish(small=True).on(BOX)
    assert choice.packs and choice.resources.gpus == 1
    assert "small networks: the first trial takes 1 core and 1 GPU" in choice.notice
    assert "by the memory that was measured" in choice.notice
    assert not wish(small=True).on(LAPTOP).packs


def test_auto_shares_whatever_the_networks_and_does_without_a_gpu() -> None:
    assert wish(gpus="auto").on(BOX).packs
    alone = wish(gpus="auto", cpus=0.5).on(LAPTOP)
    assert (alone.resources.gpus, alone.at_once, alone.packs) == (0, 4, False)
    assert "there is no GPU" in alone.notice


def test_a_trial_that_leaves_gpus_idle_on_purpose_is_told_so() -> None:
    choice = wish(cpus=1).on(BOX)
    assert choice.at_once == 64 and not choice.packs
    assert "64 at once; GPUs stay idle (`resources: {gpus: 1}` gives each trial one)" in (
        choice.notice
    )
    assert "idle" not in wish(cpus=1).on(LAPTOP).notice


def test_no_more_at_once_than_the_study_allows() -> None:
    assert DeviceWish(concurrency=3).on(MIXED).at_once == 3


def test_a_kind_of_gpu_without_a_number_is_one_of_them() -> None:
    choice = wish(gpu_kind="T4").on(MIXED)
    assert choice.resources.gpus == 1 and choice.at_once == 4
    assert "1 core and 1 GPU (T4)" in choice.notice


@pytest.mark.parametrize(
    ("wanted", "nodes", "message"),
    [
        (
            {"gpu_kind": "H10"},
            MIXED,
            r"kind H10 \(did you mean H100\?\): there are H100, T4; name one",
        ),
        ({"gpu_kind": "A100"}, LAPTOP, "kind A100: no machine here says its kind"),
        ({"gpu_kind": "A100", "gpus": "auto"}, LAPTOP, "kind A100: no machine here"),
        ({"gpus": 3, "gpu_kind": "H100"}, MIXED, "a trial wants 1 CPUs and 3 GPUs"),
        ({"gpus": 1}, LAPTOP, "a trial wants 1 CPUs and 1 GPUs, and there is room for 2 CPUs"),
    ],
)
def test_what_no_machine_has_is_refused(wanted: Any, nodes: Nodes, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        wish(**wanted).on(nodes)


def test_actors_take_the_kind_too() -> None:
    choice = wish(cpus=0.2, gpu_kind="H100", actors={"count": 2, "cpus": 1, "gpus": 0.5}).on(MIXED)
    assert choice.at_once == 2
    assert choice.resources.gpus_in_all == 1
    assert in_words(choice.resources) == (
        "0.2 cores, and 2 actors of 1 core and 0.5 GPUs each (H100)"
    )


@pytest.mark.parametrize(
    ("wanted", "known", "unknown"),
    [
        ({}, False, True),
        ({"gpus": "auto"}, False, True),
        ({"cpus": 1}, False, False),
        ({"gpus": 0.5}, True, True),
        ({"actors": {"count": 2, "gpus": 1}}, True, True),
    ],
)
def test_whether_trials_may_take_gpus(wanted: Any, known: bool, unknown: bool) -> None:
    assert wish(**wanted).may_take_gpus(LAPTOP) is known
    assert wish(**wanted).may_take_gpus(None) is unknown
