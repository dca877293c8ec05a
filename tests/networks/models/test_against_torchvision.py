"""With the stems of CIFAR in place of ImageNet's, torchvision's networks are ours."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn
from torchvision import models

from sem_ray.networks import architecture
from sem_ray.networks.models.wide_resnet import PreActivationBlock
from tests.networks.passes.agreement import agree, trained


def resnet(build: Callable[..., nn.Module]) -> nn.Module:
    network = build(num_classes=10)
    network.conv1 = nn.Conv2d(3, 64, 3, padding=1, bias=False)
    network.maxpool = nn.Identity()
    return network


def densenet() -> nn.Module:
    network = models.densenet121(num_classes=10)
    network.features.conv0 = nn.Conv2d(3, 64, 3, padding=1, bias=False)
    for name in ("norm0", "relu0", "pool0"):
        setattr(network.features, name, nn.Identity())
    assert isinstance(network, nn.Module)
    return network


def vgg() -> nn.Module:
    network = models.vgg16_bn(num_classes=10)
    network.avgpool = nn.AdaptiveAvgPool2d(1)
    network.classifier = nn.Linear(512, 10)
    assert isinstance(network, nn.Module)
    return network


THEIRS: dict[str, Callable[[], nn.Module]] = {
    "resnet18": lambda: resnet(models.resnet18),
    "resnet50": lambda: resnet(models.resnet50),
    "densenet121": densenet,
    "vgg16-bn": vgg,
    "resnet18-imagenet": lambda: models.resnet18(num_classes=10),
}


@pytest.mark.parametrize("name", THEIRS)
def test_logits_are_those_of_torchvisions_network(name: str) -> None:
    ours = trained(architecture(name).build(10, 3).double(), 32)
    theirs = THEIRS[name]().double()
    pairs = zip(theirs.state_dict(), ours.state_dict().values(), strict=True)
    theirs.load_state_dict(dict(pairs))
    images = torch.rand(2, 3, 32, 32).double()
    assert agree(ours.eval()(images), theirs.eval()(images))


def test_a_wide_block_adds_to_what_came_and_where_the_shape_changes_to_what_was_activated() -> None:
    maps = -torch.rand(2, 16, 8, 8)
    same = PreActivationBlock(16, 16, 1).eval()
    assert torch.equal(same(maps), maps)
    wider = PreActivationBlock(16, 32, 2).eval()
    assert wider(maps).shape == (2, 32, 4, 4) and not wider(maps).any()
    assert wider(-maps).any()
