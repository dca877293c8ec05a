"""The networks are the sizes the field knows, and equal seeds build equal ones."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from sem_ray.errors import BadInput
from sem_ray.networks import NETWORKS, build_network, require_networks
from sem_ray.spec import ExperimentSpec

KNOWN = {
    # kuangliu/pytorch-cifar: 11,173,962 parameters; 0.56 GMAC.
    "resnet18": (10, 32, 11_173_962, 555_422_720),
    # kuangliu/pytorch-cifar: 23,520,842; 1.3 GMAC.
    "resnet50": (10, 32, 23_520_842, 1_297_829_888),
    # kuangliu/pytorch-cifar: 14,728,266; 0.31 GMAC.
    "vgg16-bn": (10, 32, 14_728_266, 313_201_664),
    # yaodongyu/TRADES: 46.16 M; 6.66 GMAC.
    "wrn-34-10": (10, 32, 46_160_474, 6_658_906_368),
    # kuangliu/pytorch-cifar: 6,956,298.
    "densenet121": (10, 32, 6_956_298, 888_350_720),
    # torchvision's resnet18: 11,689,512; 1.81 GMAC.
    "resnet18-imagenet": (1000, 224, 11_689_512, 1_814_073_344),
    "small": (10, 32, 78_042, 3_125_888),
    "tiny": (10, 16, 24_346, 396_928),
}
"""Name → classes, pixels, parameters, multiply-adds of a forward pass (convolutions and linear)."""


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_have_the_sizes_they_are_known_for(name: str) -> None:
    classes, size, parameters, multiply_adds = KNOWN[name]
    with torch.device("meta"):
        network = build_network(name, classes, 3, seed=0).eval()
        with FlopCounterMode(display=False) as counter:
            logits = network(torch.empty(1, 3, size, size))
    assert logits.shape == (1, classes)
    assert sum(p.numel() for p in network.parameters()) == parameters
    assert counter.get_total_flops() == 2 * multiply_adds


def dense_counts() -> tuple[int, int]:
    """DenseNet-121 layer by layer. From c maps, a layer makes 128 with 1×1 filters and 32 of those
    with 3×3; a transition makes c/2; BatchNorm has 2 parameters a map."""
    parameters, work, maps, side = 3 * 64 * 9, 3 * 64 * 9 * 32**2, 64, 32
    for stage, layers in enumerate((6, 12, 24, 16)):
        if stage:
            parameters += 2 * maps + maps * maps // 2
            work += side**2 * maps * maps // 2
            maps, side = maps // 2, side // 2
        for _ in range(layers):
            weights = 128 * maps + 9 * 128 * 32
            parameters += 2 * maps + 2 * 128 + weights
            work += side**2 * weights
            maps += 32
    return parameters + 2 * maps + 10 * maps + 10, work + maps * 10


UNIT = 64 * 64 * 9 * 32**2
"""A 3×3 convolution of ResNet-18: as much at each of its widths, which double as maps shrink."""
ARITHMETIC = {
    # The stem; four units; then thrice half a unit (stride 2), three, and a 1×1 shortcut.
    "resnet18": 3 * 64 * 9 * 32**2 + 4 * UNIT + 3 * (UNIT * 7 // 2 + UNIT // 18) + 512 * 10,
    # In ninths of a unit: a block is 4 + 9 + 4. The first of all takes 64 maps and not 256, so
    # 1 + 9 + 4, and 4 for its shortcut; the others that come first take maps twice as high and
    # wide, so 8 + 9 + 4, and 8 for their shortcut.
    "resnet50": 3 * 64 * 9 * 32**2
    + UNIT // 9 * (18 + 2 * 17 + 29 + 3 * 17 + 29 + 5 * 17 + 29 + 2 * 17)
    + 2048 * 10,
    "vgg16-bn": 9 * 32**2 * (3 * 64 + 64 * 64)
    + 9 * 16**2 * (64 * 128 + 128 * 128)
    + 9 * 8**2 * (128 * 256 + 2 * 256 * 256)
    + 9 * 4**2 * (256 * 512 + 2 * 512 * 512)
    + 9 * 2**2 * (3 * 512 * 512)
    + 512 * 10,
    # The stem; 16 to 160 maps and their shortcut, nine convolutions; and twice one of half the
    # work, nine, and a shortcut.
    "wrn-34-10": 32**2 * (3 * 16 * 9 + 16 * 160 * 9 + 16 * 160)
    + 32**2 * 160 * 160 * 9 * 9
    + 2 * 16**2 * (160 * 320 * 9 + 320 * 320 * 9 * 9 + 160 * 320)
    + 640 * 10,
    "densenet121": dense_counts()[1],
    "small": 3 * 16 * 9 * 16**2
    + 2 * 16 * 16 * 9 * 16**2
    + 2 * 8**2 * (16 * 32 * 9 + 32 * 32 * 9 + 16 * 32)
    + 64 * 10,
    "tiny": 3 * 16 * 9 * 8**2 + 16 * 32 * 9 * 4**2 + 32 * 64 * 9 * 4**2 + 64 * 10,
}
"""Multiply-adds again, as filters × places."""


@pytest.mark.parametrize("name", ARITHMETIC)
def test_the_known_work_is_what_filters_and_places_give(name: str) -> None:
    assert ARITHMETIC[name] == KNOWN[name][3]


def test_the_known_parameters_of_densenet_are_what_its_layers_give() -> None:
    assert dense_counts()[0] == KNOWN["densenet121"][2]


@pytest.mark.parametrize("name", NETWORKS)
def test_equal_seeds_build_equal_networks_and_others_differ(name: str) -> None:
    first, again, other = (build_network(name, 10, 3, seed).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert any(not torch.equal(first[key], other[key]) for key in first)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 28, 28), (3, 33, 40)])
def test_our_own_take_images_of_any_size_and_channels(
    name: str, shape: tuple[int, int, int]
) -> None:
    with torch.device("meta"):
        network = build_network(name, 10, shape[0], seed=0).eval()
        assert network(torch.empty(2, *shape)).shape == (2, 10)


@pytest.mark.parametrize("name", NETWORKS)
def test_our_own_draw_nothing_while_they_train(name: str) -> None:
    with torch.device("meta"):
        network = build_network(name, 10, 3, seed=0)
    assert not any("Dropout" in type(module).__name__ for module in network.modules())
    assert any(isinstance(module, nn.BatchNorm2d) for module in network.modules())


def test_unknown_network_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(BadInput, match=r"no network 'resnet-18' \(did you mean resnet18\?\)"):
        build_network("resnet-18", 10, 3, seed=0)


@pytest.mark.parametrize("role", ["surrogate", "victim"])
def test_a_spec_of_an_unknown_network_is_refused_with_its_place(role: str) -> None:
    spec = ExperimentSpec.model_validate({role: {"network": "vgg16_bn"}})
    message = rf"^a file: {role}\.network: no network 'vgg16_bn' \(did you mean vgg16-bn\?\)"
    with pytest.raises(BadInput, match=message):
        require_networks(spec, "a file")
