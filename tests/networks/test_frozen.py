"""The frozen twin computes what its source computes in eval mode, and follows it."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models import densenet121, mobilenet_v3_small, resnet18

from sem_ray.errors import WorkFailed
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


def plain_gradient(network: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
    leaf = images.clone().requires_grad_()
    loss = F.cross_entropy(network(leaf), labels, reduction="sum")
    return torch.autograd.grad(loss, leaf)[0]


@pytest.mark.parametrize("name", NETWORKS)
def test_logits_and_gradients_are_those_of_the_source_in_eval_mode(name: str) -> None:
    size = 64 if name.endswith("imagenet") else 16
    source = trained(build_network(name, 5, 3, seed=3).double(), size)
    twin = FrozenTwin(source)
    images, labels = torch.rand(3, 3, size, size).double(), torch.tensor([0, 2, 4])
    assert not any(isinstance(m, nn.BatchNorm2d) for m in twin.network.modules())
    assert source.training
    source.eval()
    assert torch.allclose(twin.logits(images), source(images), atol=1e-12)
    assert torch.allclose(
        twin.gradient(images, labels),
        plain_gradient(source, images, labels),
        atol=1e-12,
    )


@pytest.mark.parametrize("build", [resnet18, densenet121, mobilenet_v3_small])
def test_networks_of_other_shapes_fold_as_far_as_they_can(build: type[nn.Module]) -> None:
    source = trained(build(num_classes=5).double(), 64)
    twin = FrozenTwin(source)
    images = torch.rand(2, 3, 64, 64).double()
    assert torch.allclose(twin.logits(images), source.eval()(images), atol=1e-9)


def test_twin_stands_still_until_refreshed_and_then_follows() -> None:
    source = build_network("small", 5, 3, seed=3).double()
    twin, images = FrozenTwin(source), torch.rand(3, 3, 8, 8).double()
    before = twin.logits(images)
    trained(source, 8)
    with torch.no_grad():
        for parameter in source.parameters():
            parameter.add_(0.01)
    assert torch.equal(twin.logits(images), before)
    assert torch.allclose(twin.refresh().logits(images), source.eval()(images), atol=1e-12)


def test_twin_asks_no_parameter_gradients() -> None:
    twin = FrozenTwin(build_network("small", 5, 3, seed=3))
    assert not any(p.requires_grad for p in twin.network.parameters())


def test_bfloat16_twin_points_the_same_way_and_speaks_float32() -> None:
    source = trained(build_network("small", 5, 3, seed=3).double(), 16).float()
    images, labels = torch.rand(8, 3, 16, 16), torch.arange(8) % 5
    exact = FrozenTwin(source).gradient(images, labels)
    short = FrozenTwin(source, torch.bfloat16).gradient(images, labels)
    assert short.dtype == torch.float32
    assert (short.sign() == exact.sign()).float().mean() > 0.95


def test_what_does_not_fit_is_split_and_said_once(caplog: pytest.LogCaptureFixture) -> None:
    source = build_network("small", 5, 3, seed=3).double()
    twin, images = FrozenTwin(source), torch.rand(13, 3, 8, 8).double()
    labels = torch.arange(13) % 5
    whole = twin.gradient(images, labels)
    sizes: list[int] = []
    small_memory(twin, 4, sizes)
    assert torch.allclose(twin.gradient(images, labels), whole, rtol=0, atol=1e-14)
    assert torch.allclose(twin.gradient(images, labels), whole, rtol=0, atol=1e-14)
    assert sizes == [13, 6, 3, 3, 3, 3, 1, 3, 3, 3, 3, 1]
    assert [record.message for record in caplog.records] == [
        "a pass of 13 images does not fit the device's memory; "
        "going on in smaller chunks, with the same result"
    ]


def test_one_image_that_does_not_fit_is_a_failure() -> None:
    twin = FrozenTwin(build_network("small", 5, 3, seed=3))
    small_memory(twin, 0, [])
    with pytest.raises(WorkFailed, match="one image does not fit"):
        twin.gradient(torch.rand(2, 3, 8, 8), torch.tensor([0, 1]))


def small_memory(twin: FrozenTwin, fits: int, sizes: list[int]) -> None:
    """Let the twin's network run out of memory, as a GPU would, above `fits` images."""

    def check(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        sizes.append(len(inputs[0]))
        if len(inputs[0]) > fits:
            raise torch.OutOfMemoryError("CUDA out of memory")

    twin.network.register_forward_pre_hook(check)
