"""A training pass in parts is the pass over the whole batch: logits, gradients and statistics."""

from __future__ import annotations

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from sem_ray.distributed import LOCAL
from sem_ray.networks import NETWORKS, PartitionedNetwork, Slots, build_network
from sem_ray.training.gradients import Gradients

LARGE = pytest.param("wrn-34-10", marks=pytest.mark.long)


@pytest.mark.parametrize("name", [*sorted(NETWORKS.keys() - {"wrn-34-10"}), LARGE])
def test_uneven_parts_give_what_the_whole_batch_gives(name: str) -> None:
    size = 64 if name.endswith("imagenet") else 8
    whole = build_network(name, 5, 3, seed=3).double().train()
    joint = copy.deepcopy(whole)
    images, labels = torch.rand(7, 3, size, size).double(), torch.arange(7) % 5
    expected = whole(images)
    torch.autograd.backward(F.cross_entropy(expected, labels))
    logits = in_parts(joint, images, labels, [3, 3, 1])
    assert torch.allclose(logits, expected, atol=1e-9)
    same(whole, joint, 1e-8)


def in_parts(
    network: nn.Module, images: torch.Tensor, labels: torch.Tensor, sizes: list[int]
) -> torch.Tensor:
    """Logits, with gradients and statistics left in the network."""
    slots = Slots(LOCAL, len(sizes), tuple(range(len(sizes))))
    gradients = Gradients(network, len(sizes), LOCAL, exact=True)
    apart = torch.split(images, sizes)
    parts = PartitionedNetwork(network, slots).logits(apart, gradients.leaves, draws=lambda _: ())
    gradients.backward(
        [
            F.cross_entropy(found, wanted, reduction="sum") / len(images)
            for found, wanted in zip(parts, torch.split(labels, sizes), strict=True)
        ]
    )
    return torch.cat(parts)


def same(whole: nn.Module, joint: nn.Module, tolerance: float) -> None:
    for (name, ours), theirs in zip(joint.named_parameters(), whole.parameters(), strict=True):
        assert ours.grad is not None and theirs.grad is not None, name
        scale = float(theirs.grad.abs().max()) + 1
        assert torch.allclose(ours.grad, theirs.grad, atol=tolerance * scale), name
    for (name, mine), other in zip(joint.named_buffers(), whole.buffers(), strict=True):
        assert torch.allclose(mine, other, atol=1e-9), name


def test_parameters_that_a_network_does_not_use_have_no_gradient_but_zero() -> None:
    network = build_network("small", 5, 3, seed=3).double().train()
    network.register_parameter("unused", nn.Parameter(torch.ones(2).double()))
    in_parts(network, torch.rand(4, 3, 8, 8).double(), torch.arange(4), [2, 2])
    assert network.get_parameter("unused").grad is not None
    assert not network.get_parameter("unused").grad.any()  # type: ignore[union-attr]
