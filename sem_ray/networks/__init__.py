"""The networks by name, built the same way on every device."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from sem_ray.errors import BadInput
from sem_ray.networks.frozen import FrozenTwin
from sem_ray.networks.joint import JointNetwork
from sem_ray.networks.joint_norm import Slots
from sem_ray.networks.pixels import Centred
from sem_ray.networks.resnet import resnet18, resnet18_imagenet
from sem_ray.networks.small import SmallNet
from sem_ray.spec.reading import did_you_mean

__all__ = ["NETWORKS", "FrozenTwin", "JointNetwork", "Slots", "build_network"]

NETWORKS: dict[str, Callable[[int, int], nn.Module]] = {
    "resnet18": resnet18,
    "resnet18-imagenet": resnet18_imagenet,
    "small": SmallNet,
}
"""Each takes (classes, channels)."""


def build_network(name: str, classes: int, channels: int, seed: int) -> nn.Module:
    """The network `name`, in float32 on the CPU, initialised from `seed` alone.

    Raises `BadInput` for an unknown name.
    """
    if name not in NETWORKS:
        known = ", ".join(NETWORKS)
        raise BadInput(f"no network {name!r}{did_you_mean(name, NETWORKS)}; known: {known}")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Centred(NETWORKS[name](classes, channels))
