"""The frozen twin computes what its source computes in eval mode, and follows it."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torchvision.models import densenet121, mobilenet_v3_small, resnet18

from sem_ray.attacks import input_gradient
from sem_ray.networks import NETWORKS, FrozenTwin, build_network


def trained(network: nn.Module, size: int) -> nn.Module:
    """With statistics and weights away from their beginnings."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.weight.uniform_(0.5, 1.5, generator=generator)
                module.bias.uniform_(-0.5, 0.5, generator=generator)
        network.train()(torch.rand(8, 3, size, size, generator=generator).double())
    return network


@pytest.mark.parametrize("name", NETWORKS)
def test_logits_and_gradients_are_those_of_the_source_in_eval_mode(name: str) -> None:
    size = 64 if name.endswith("imagenet") else 16
    source = trained(build_network(name, 5, 3, seed=3).double(), size)
    twin = FrozenTwin(source)
    images, labels = torch.rand(3, 3, size, size).double(), torch.tensor([0, 2, 4])
    assert not any(isinstance(m, nn.BatchNorm2d) for m in twin.network.modules())
    assert source.training
    source.eval()
    assert torch.allclose(twin.network(images), source(images), atol=1e-12)
    assert torch.allclose(
        input_gradient(twin.network, images, labels),
        input_gradient(source, images, labels),
        atol=1e-12,
    )


@pytest.mark.parametrize("build", [resnet18, densenet121, mobilenet_v3_small])
def test_networks_of_other_shapes_fold_as_far_as_they_can(build: type[nn.Module]) -> None:
    source = trained(build(num_classes=5).double(), 64)
    twin = FrozenTwin(source)
    images = torch.rand(2, 3, 64, 64).double()
    assert torch.allclose(twin.network(images), source.eval()(images), atol=1e-9)


def test_twin_stands_still_until_refreshed_and_then_follows() -> None:
    source = build_network("small", 5, 3, seed=3).double()
    twin, images = FrozenTwin(source), torch.rand(3, 3, 8, 8).double()
    before = twin.network(images)
    trained(source, 8)
    with torch.no_grad():
        for parameter in source.parameters():
            parameter.add_(0.01)
    assert torch.equal(twin.network(images), before)
    assert torch.allclose(twin.refresh()(images), source.eval()(images), atol=1e-12)


def test_twin_asks_no_parameter_gradients() -> None:
    twin = FrozenTwin(build_network("small", 5, 3, seed=3))
    assert not any(p.requires_grad for p in twin.network.parameters())
