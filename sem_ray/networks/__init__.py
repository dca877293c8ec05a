"""The networks by name, built the same way on every device."""

from __future__ import annotations

import torch
from torch import nn

from sem_ray.errors import BadInput
from sem_ray.networks.architecture import CIFAR, IMAGENET, Architecture
from sem_ray.networks.models.densenet import densenet121
from sem_ray.networks.models.resnet import resnet18, resnet18_imagenet, resnet50
from sem_ray.networks.models.small import SmallNet
from sem_ray.networks.models.tiny import TinyNet
from sem_ray.networks.models.torchvision_models import PREFIX, torchvision_architecture
from sem_ray.networks.models.vgg import vgg16_bn
from sem_ray.networks.models.wide_resnet import wrn34_10
from sem_ray.networks.passes.centred_input import CentredInput
from sem_ray.networks.passes.frozen import FrozenTwin
from sem_ray.networks.passes.partitioned import PartitionedNetwork
from sem_ray.networks.passes.seeded_dropout import require_seeded
from sem_ray.networks.passes.sync_batch_norm import Slots
from sem_ray.networks.shape_check import require_image_size
from sem_ray.spec import ExperimentSpec
from sem_ray.spec.origin import Origin, origin_of
from sem_ray.spec.validation import did_you_mean

__all__ = [
    "NETWORKS",
    "Architecture",
    "FrozenTwin",
    "PartitionedNetwork",
    "Slots",
    "architecture",
    "build_network",
    "require_image_size",
    "require_networks",
    "require_seeded",
]

NETWORKS: dict[str, Architecture] = {
    "resnet18": Architecture(resnet18, CIFAR),
    "resnet50": Architecture(resnet50, CIFAR),
    "vgg16-bn": Architecture(vgg16_bn, CIFAR),
    "wrn-34-10": Architecture(wrn34_10, CIFAR),
    "densenet121": Architecture(densenet121, CIFAR),
    "resnet18-imagenet": Architecture(resnet18_imagenet, IMAGENET),
    "small": Architecture(SmallNet, None),
    "tiny": Architecture(TinyNet, None),
}
"""Our own. None has dropout, and all begin as PyTorch's layers do."""


def architecture(name: str) -> Architecture:
    """What `name` stands for: one of `NETWORKS`, or `torchvision:NAME`.

    Raises `BadInput` with the nearest name for an unknown one.
    """
    if name.startswith(PREFIX):
        return torchvision_architecture(name)
    if name not in NETWORKS:
        known = ", ".join(NETWORKS)
        near = did_you_mean(name, NETWORKS)
        raise BadInput(f"no network {name!r}{near}; known: {known}, {PREFIX}NAME")
    return NETWORKS[name]


def require_networks(spec: ExperimentSpec, place: str | Origin) -> None:
    """Raise `BadInput` that names `place` if `spec` names a network that does not exist."""
    for path, training in (("surrogate", spec.surrogate), ("victim", spec.victim)):
        try:
            architecture(training.network)
        except BadInput as error:
            keys = (path, "network")
            raise origin_of(place).fault(keys, f"{path}.network: {error}") from error


def build_network(name: str, classes: int, channels: int, seed: int) -> nn.Module:
    """The network `name`, in float32 on the CPU, initialised from `seed` alone.

    Raises `BadInput` for an unknown name, and for channels that it does not take.
    """
    known = architecture(name)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return CentredInput(known.build(classes, channels))
