"""A gathered convolution is the convolution, and its gradient the gradient."""

from __future__ import annotations

from typing import cast

import pytest
import torch
from torch import Tensor, fx, nn

from sem_ray.networks import FrozenTwin, build_network
from sem_ray.networks.passes.narrow_convolutions import (
    NARROW,
    PatchConv,
    gather_narrow_maps,
    has_matrix_tiles,
)

CPU = torch.device("cpu")


def with_gradient(layer: nn.Module, maps: Tensor) -> tuple[Tensor, Tensor]:
    leaf = maps.clone().requires_grad_()
    out = layer(leaf)
    weights = torch.linspace(-1, 1, out.numel(), dtype=out.dtype).view(out.shape)
    (out * weights).sum().backward()
    assert leaf.grad is not None
    return out, leaf.grad


@pytest.mark.parametrize("height", [3, 4])
@pytest.mark.parametrize("width", [1, 4, 7, 16])
@pytest.mark.parametrize(
    ("size", "stride", "padding"), [(3, 1, 1), (3, 2, 1), (1, 1, 0), (1, 2, 0), (5, 2, 2)]
)
def test_agrees_with_the_convolution(
    height: int, width: int, size: int, stride: int, padding: int
) -> None:
    generator = torch.Generator().manual_seed(0)
    layer = nn.Conv2d(3, 5, size, stride, padding).double().requires_grad_(False)
    maps = torch.randn(2, 3, height, width, generator=generator).double()
    ours, theirs = with_gradient(PatchConv(layer), maps), with_gradient(layer, maps)
    for mine, other in zip(ours, theirs, strict=True):
        assert torch.allclose(mine, other, atol=1e-12)


def gathered(source: nn.Module) -> FrozenTwin:
    """A bfloat16 twin as a processor with matrix tiles has it."""
    twin = FrozenTwin(source, torch.bfloat16)
    if not has_matrix_tiles(CPU):
        gather_narrow_maps(cast(fx.GraphModule, twin.network))
    return twin


def test_narrow_maps_are_gathered_and_no_others() -> None:
    source = build_network("small", 5, 3, seed=3)
    widths: list[int] = []
    twin = gathered(source)
    for module in twin.network.modules():
        if isinstance(module, PatchConv):
            module.source.register_forward_hook(
                lambda _layer, _maps, out: widths.append(out.shape[-1])
            )
    twin.logits(torch.rand(2, 3, 32, 32))
    assert min(widths) == NARROW
    assert len(widths) < sum(isinstance(m, nn.Conv2d) for m in source.modules())


def test_gathering_does_not_change_what_a_twin_computes() -> None:
    source = build_network("small", 5, 3, seed=3)
    images, labels = torch.rand(6, 3, 16, 16), torch.arange(6) % 5
    exact = FrozenTwin(source).gradient(images, labels)
    short = gathered(source).gradient(images, labels)
    cosine = torch.nn.functional.cosine_similarity(exact.flatten(), short.flatten(), dim=0)
    assert cosine > 0.99


def test_a_gpu_has_no_matrix_tiles_of_this_kind() -> None:
    assert not has_matrix_tiles(torch.device("cuda", 0))
