"""The networks by name, built the same way on every device."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from sem_ray.errors import BadInput
from sem_ray.networks.frozen import FrozenTwin
from sem_ray.networks.resnet import resnet18, resnet18_imagenet
from sem_ray.networks.small import SmallNet
from sem_ray.spec.reading import did_you_mean

__all__ = ["NETWORKS", "FrozenTwin", "build_network"]

NETWORKS: dict[str, Callable[[int, int], nn.Module]] = {
    "resnet18": resnet18,
    "resnet18-imagenet": resnet18_imagenet,
    "small": SmallNet,
}
"""Each takes (classes, channels)."""


class Centred(nn.Module):
    """The network on pixels moved from [0, 1] to [−1, 1], so that attacks see plain pixels."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        """Logits [n, classes] for images [n, C, H, W] in [0, 1]."""
        logits: Tensor = self.network(images * 2 - 1)
        return logits


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
