"""The kernels' closed forms are what wide random networks give."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn

from sem_ray.methods.neural_tangent import BIASES, KERNELS, WEIGHTS

WIDTH, NETWORKS = 256, 24


class Scaled(nn.Module):
    """A layer in the tangent parameterisation: standard normal weights, scaled in use."""

    def __init__(self, layer: nn.Linear | nn.Conv2d) -> None:
        super().__init__()
        self.layer = layer
        self.fan = layer.weight[0].numel()
        nn.init.normal_(layer.weight)
        assert layer.bias is not None
        nn.init.normal_(layer.bias)

    def forward(self, values: Tensor) -> Tensor:
        bias = self.layer.bias
        assert bias is not None
        shape = (1, -1) + (1,) * (values.dim() - 2)
        found: Tensor = self.layer(values) - bias.view(shape)
        return found * math.sqrt(WEIGHTS / self.fan) + math.sqrt(BIASES) * bias.view(shape)


class Erf(nn.Module):
    def forward(self, values: Tensor) -> Tensor:
        return torch.erf(values)


def network(kind: str) -> nn.Module:
    if kind == "fnn":
        sizes = [3 * 8 * 8, *[WIDTH] * 5]
        dense = [m for a, b in pairwise(sizes) for m in (Scaled(nn.Linear(a, b)), Erf())]
        return nn.Sequential(nn.Flatten(), *dense, Scaled(nn.Linear(WIDTH, 1))).double()
    convolutions = [nn.Conv2d(a, WIDTH // 2, 5, stride=2, padding=2) for a in (3, WIDTH // 2)]
    layers = [m for layer in convolutions for m in (Scaled(layer), Erf())]
    return nn.Sequential(*layers, nn.Flatten(), Scaled(nn.Linear(WIDTH // 2 * 4, 1))).double()


def empirical(net: nn.Module, images: Tensor) -> Tensor:
    """[n, n] products of the output's gradients with respect to all parameters."""
    rows = []
    for image in images:
        gradients = torch.autograd.grad(net(image[None]).sum(), list(net.parameters()))
        rows.append(torch.cat([gradient.flatten() for gradient in gradients]))
    jacobian = torch.stack(rows)
    return jacobian @ jacobian.T


@pytest.mark.parametrize("kind", KERNELS)
def test_a_kernel_is_the_mean_over_wide_random_networks(kind: str) -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        images = torch.rand(4, 3, 8, 8, dtype=torch.float64)
        images[1] = 1 - images[0]
        images[2] *= 0.3
        estimates = torch.stack([empirical(network(kind), images) for _ in range(NETWORKS)])
    closed = KERNELS[kind](images, images)
    error = (estimates.mean(0) - closed).abs()
    spread = estimates.std(0) / math.sqrt(NETWORKS)
    # Four deviations of the estimate, and what a finite width leaves.
    assert (error < 4 * spread + 0.03 * closed).all(), error / closed
    assert (spread < 0.05 * closed).all()


@pytest.mark.parametrize("kind", KERNELS)
def test_a_kernel_is_symmetric_and_positive_and_can_be_computed_in_chunks(kind: str) -> None:
    generator = torch.Generator().manual_seed(1)
    images = torch.rand(6, 3, 8, 8, dtype=torch.float64, generator=generator)
    whole = KERNELS[kind](images, images)
    assert torch.allclose(whole, whole.T, atol=1e-12)
    assert torch.linalg.eigvalsh(whole).min() > 0
    parts = torch.cat([KERNELS[kind](part, images) for part in torch.split(images, 4)])
    assert torch.allclose(parts, whole, atol=1e-12)
