"""torchvision's classifiers by name, built and refused as our own are."""

from __future__ import annotations

import sys

import pytest
import torch
from torch import nn
from torchvision import models

from sem_ray.errors import BadInput
from sem_ray.networks import build_network

LOGITS_ALONE = ["googlenet", "inception_v3", "mobilenet_v3_small"]


@pytest.mark.parametrize("model", LOGITS_ALONE)
@pytest.mark.filterwarnings("error")
def test_a_classifier_gives_logits_of_our_classes_in_train_mode_too(model: str) -> None:
    with torch.device("meta"):
        network = build_network(f"torchvision:{model}", 7, 3, seed=0).train()
        assert network(torch.empty(2, 3, 96, 96)).shape == (2, 7)


def test_a_classifier_is_torchvisions_own_untrained() -> None:
    ours = build_network("torchvision:squeezenet1_1", 10, 3, seed=5)
    torch.manual_seed(5)
    theirs = models.squeezenet1_1(num_classes=10).state_dict()
    for name, tensor in ours.network.state_dict().items():  # type: ignore[union-attr]
        assert torch.equal(tensor, theirs[name])


def test_building_leaves_the_generator_where_it_was() -> None:
    before = torch.get_rng_state()
    build_network("torchvision:squeezenet1_1", 10, 3, seed=5)
    assert torch.equal(torch.get_rng_state(), before)


REFUSED = {
    "torchvision:mobilnet_v3_smal": r"\(did you mean torchvision:mobilenet_v3_small\?\)",
    "torchvision:ResNet18": r"\(did you mean torchvision:resnet18\?\)",
    "torchvision:fasterrcnn_resnet50_fpn": "torchvision.models has",
    "torchvision:": "torchvision.models has",
    "torchvision:list_models": "torchvision.models has",
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_name_that_torchvision_does_not_have_is_refused_in_one_line(name: str) -> None:
    with pytest.raises(BadInput, match=REFUSED[name]) as refusal:
        build_network(name, 10, 3, seed=0)
    assert str(refusal.value).startswith(f"no network {name!r}")
    assert "\n" not in str(refusal.value)


def test_images_that_are_not_of_three_channels_are_refused() -> None:
    with pytest.raises(BadInput, match="takes images of 3 channels, and these have 1; give colour"):
        build_network("torchvision:squeezenet1_1", 10, 1, seed=0)


def test_without_torchvision_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torchvision", None)
    with pytest.raises(BadInput, match=r"needs torchvision, .*pip install 'sem-ray\[images\]'"):
        build_network("torchvision:squeezenet1_1", 10, 3, seed=0)
    assert isinstance(build_network("small", 10, 3, seed=0), nn.Module)
