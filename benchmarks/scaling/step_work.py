"""What one step of a generation holds: passes, weights, BatchNorms, buckets of gradients."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from benchmarks.speed.pass_counts import forward_flops, layer_flops
from sem_ray.augment import seen_shape
from sem_ray.networks import build_network
from sem_ray.spec import ExperimentSpec
from sem_ray.training.gradients import BUCKET


@dataclass(frozen=True)
class Workload:
    """One preset's step. flops: of one image, by pass; launches: passes as a device sees them, with
    all its images at once."""

    batch: int
    shards: int
    gradients: int
    """Input gradients of one image: K·J + Ka."""
    launches: int
    """Of those, one after the other: K + Ka."""
    forward: float
    """FLOPs of one image's forward pass; an input gradient costs two."""
    training: float
    """FLOPs of one image in the training pass."""
    parameters: int
    channels: int
    """Of all BatchNorms."""
    norms: int
    buckets: tuple[tuple[int, float], ...]
    """Parameters of each bucket of gradients, and the share of the backward pass after which it is
    full."""

    @classmethod
    def of(cls, spec: ExperimentSpec, classes: int, shape: tuple[int, int, int]) -> Workload:
        """For images of `shape` (C, H, W) before augmentation."""
        noise, surrogate = spec.noise, spec.surrogate
        network = build_network(surrogate.network, classes, shape[0], 0)
        forward, first = forward_flops(network, seen_shape(spec.augmentation, shape))
        norms = [layer for layer in network.modules() if isinstance(layer, _BatchNorm)]
        return cls(
            batch=surrogate.batch,
            shards=min(spec.shards, surrogate.batch),
            gradients=noise.steps * noise.samples + surrogate.attack_steps,
            launches=noise.steps + surrogate.attack_steps,
            forward=forward,
            training=3 * forward - first,
            parameters=sum(value.numel() for value in network.parameters()),
            channels=sum(norm.num_features for norm in norms),
            norms=len(norms),
            buckets=tuple(_buckets(network, seen_shape(spec.augmentation, shape))),
        )

    @property
    def flops(self) -> float:
        """Of one image in a step."""
        return self.gradients * 2 * self.forward + self.training

    def shared(self, members: int) -> Workload:
        """The same batch, in a shard for each member at least."""
        return replace(self, shards=max(self.shards, members))

    def times(self, members: int) -> Workload:
        """As many batches in one, in a shard for each member at least."""
        return replace(self, batch=self.batch * members, shards=max(self.shards, members))

    def largest(self, members: int) -> int:
        """Images of the member who has most of a batch."""
        return math.ceil(self.shards / members) * math.ceil(self.batch / self.shards)


def _buckets(network: nn.Module, shape: tuple[int, int, int]) -> Iterator[tuple[int, float]]:
    """As `training/gradients.py` splits them; layers take the backward pass by their FLOPs."""
    flops = layer_flops(network, shape)
    total, past, size = sum(flops.values()), 0.0, 0
    for name, value in reversed(list(network.named_parameters())):
        size += value.numel()
        if name.endswith("weight"):
            past += flops.get(name.rpartition(".")[0], 0.0)
        if size * value.element_size() >= BUCKET:
            yield size, past / total
            size = 0
    if size:
        yield size, 1.0
