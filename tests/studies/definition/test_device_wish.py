"""What a study says of devices, and which networks are small."""

from __future__ import annotations

import pytest

from sem_ray.errors import BadInput
from sem_ray.studies.definition.device_wish import device_wish, trains_small_networks
from tests.studies.fakes import study


def test_networks_are_small_if_all_that_may_be_trained_are() -> None:
    assert trains_small_networks(study())
    assert not trains_small_networks(study(base={"victim": {"network": "resnet18"}}))
    searched = {"surrogate.network": {"choices": ["tiny", "small"]}}
    assert trains_small_networks(study(search=searched))
    searched = {"victim.network": {"choices": ["tiny", "resnet18"]}}
    assert not trains_small_networks(study(search=searched))


def test_a_study_without_resources_leaves_the_choice_open() -> None:
    assert device_wish(study()).wanted is None
    given = device_wish(study(resources={"cpus": 2, "stream": True}, concurrency=3))
    assert given.wanted is not None and given.wanted.gpus == 0 and given.concurrency == 3


@pytest.mark.parametrize(
    ("resources", "message"),
    [
        ({"gpus": "all"}, "resources.gpus: expected a number of GPUs, or auto, got 'all'"),
        ({"gpus": True}, "resources.gpus: expected a number of GPUs, or auto"),
        ({"gpus": -1}, "resources.gpus: expected a number of GPUs from 0 on, or auto"),
        ({"gpus": "auto", "actors": {"count": 2}}, "resources: gpus: auto is for trials without"),
        ({"gpu_kind": "T4", "gpus": 0}, "resources: gpu_kind names GPUs of which none"),
    ],
)
def test_resources_that_say_nothing_clear_are_refused(resources: object, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        study(resources=resources)
