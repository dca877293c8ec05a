"""The frozen twin computes what its source computes in eval mode, and follows it."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sem_ray.errors import WorkFailed
from sem_ray.networks import NETWORKS, FrozenTwin, build_network
from tests.networks.passes.agreement import agree, trained


def plain_gradient(network: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
    leaf = images.clone().requires_grad_()
    loss = F.cross_entropy(network(leaf), labels, reduction="sum")
    return torch.autograd.grad(loss, leaf)[0]


UNFOLDED = {
    # One in front of each block but the first, whose BatchNorm follows the stem's convolution
    # alone, and one behind the last: 15 - 1 + 1.
    "wrn-34-10": 15,
    # The first of each of 58 layers and of 3 transitions sees maps of several layers, as does the
    # last of all.
    "densenet121": 62,
}
"""BatchNorms that follow no convolution of their own and stay."""
TORCHVISION = {
    # Depthwise convolutions, squeeze and excitation, hard swish.
    "torchvision:mobilenet_v3_small": 64,
    # Channels shuffled and split.
    "torchvision:shufflenet_v2_x0_5": 64,
    # Grouped convolutions.
    "torchvision:regnet_y_400mf": 64,
    # Branches, each with its own BatchNorms.
    "torchvision:googlenet": 64,
    # BatchNorm behind concatenations.
    "torchvision:densenet121": 64,
    # LayerNorm, scales that are parameters of no layer, stochastic depth.
    "torchvision:convnext_tiny": 32,
    # Attention over windows, tables of positions.
    "torchvision:swin_t": 32,
}
"""Families of other shapes, and pixels they are tried at."""
SIZES = {"resnet18-imagenet": 64, **TORCHVISION}


@pytest.mark.parametrize("name", [*NETWORKS, *TORCHVISION])
def test_logits_and_gradients_are_those_of_the_source_in_eval_mode(name: str) -> None:
    size = SIZES.get(name, 8)
    source = trained(build_network(name, 5, 3, seed=3).double(), size)
    twin = FrozenTwin(source)
    images, labels = torch.rand(2, 3, size, size).double(), torch.tensor([0, 4])
    assert source.training
    source.eval()
    assert agree(twin.logits(images), source(images))
    assert agree(twin.gradient(images, labels), plain_gradient(source, images, labels))


@pytest.mark.parametrize("name", NETWORKS)
def test_batchnorm_is_folded_wherever_it_follows_a_convolution_of_its_own(name: str) -> None:
    with torch.device("meta"):
        twin = FrozenTwin(build_network(name, 5, 3, seed=3))
    left = sum(isinstance(module, nn.BatchNorm2d) for module in twin.network.modules())
    assert left == UNFOLDED.get(name, 0)


@pytest.mark.parametrize(("name", "size"), [("densenet121", 8), ("torchvision:convnext_tiny", 32)])
def test_what_is_not_folded_follows_its_source_as_well(name: str, size: int) -> None:
    source = build_network(name, 5, 3, seed=3).double()
    twin, images = FrozenTwin(source), torch.rand(2, 3, size, size).double()
    trained(source, size)
    with torch.no_grad():
        for parameter in source.parameters():
            parameter.mul_(1.1)
    assert not agree(twin.logits(images), source.eval()(images))
    assert agree(twin.refresh().logits(images), source(images))


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
