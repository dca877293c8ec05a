"""The networks are the sizes the field knows, and equal seeds build equal ones."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from sem_ray.errors import BadInput
from sem_ray.networks import NETWORKS, build_network


def macs(network: nn.Module, size: int) -> int:
    with FlopCounterMode(display=False) as counter:
        network.eval()(torch.rand(1, 3, size, size))
    return int(counter.get_total_flops() // 2)


def parameters(network: nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())


def test_resnet18_for_cifar_has_the_published_size() -> None:
    network = build_network("resnet18", 10, 3, seed=0)
    assert parameters(network) == 11_173_962
    assert macs(network, 32) == pytest.approx(0.557e9, rel=0.003)


def test_resnet18_for_imagenet_has_torchvisions_size() -> None:
    network = build_network("resnet18-imagenet", 1000, 3, seed=0)
    assert parameters(network) == 11_689_512
    assert macs(network, 224) == pytest.approx(1.814e9, rel=0.003)


def test_small_network_takes_about_12_5_mflop_forward_and_back_to_the_image() -> None:
    assert 4 * macs(build_network("small", 10, 3, seed=0), 32) == pytest.approx(12.5e6, rel=0.03)


@pytest.mark.parametrize("name", NETWORKS)
def test_equal_seeds_build_equal_networks_and_others_differ(name: str) -> None:
    first, again, other = (build_network(name, 10, 3, seed).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert any(not torch.equal(first[key], other[key]) for key in first)


def test_unknown_network_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(BadInput, match=r"no network 'resnet-18' \(did you mean resnet18\?\)"):
        build_network("resnet-18", 10, 3, seed=0)
