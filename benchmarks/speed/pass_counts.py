"""How much work a step is, counted from the algorithm, layer by layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from sem_ray.methods.alternating.engine import phases_of
from sem_ray.methods.alternating.pass_counts import final_passes, step_passes
from sem_ray.networks import build_network
from sem_ray.spec import ExperimentSpec


@dataclass(frozen=True)
class Work:
    """Forward-backward passes over one image of a batch, and floating-point operations in all."""

    passes: int
    flops: float


def forward_flops(network: nn.Module, shape: tuple[int, int, int]) -> tuple[float, float]:
    """FLOPs of one image's forward pass, and of its first layer: 2 for a multiply-add."""
    found = list(layer_flops(network, shape).values())
    return sum(found), found[0]


def layer_flops(network: nn.Module, shape: tuple[int, int, int]) -> dict[str, float]:
    """Of one image's forward pass, by the names of convolutions and linear layers, in the order
    they run."""
    found: dict[str, float] = {}

    def count(name: str, layer: nn.Module, output: Tensor) -> None:
        weight = cast(Tensor, layer.weight)
        places = output[0].numel() / weight.shape[0]
        found[name] = found.get(name, 0) + 2 * weight.numel() * places

    hooks = [
        layer.register_forward_hook(lambda layer, _, output, name=name: count(name, layer, output))
        for name, layer in network.named_modules()
        if isinstance(layer, (nn.Conv2d, nn.Linear))
    ]
    with torch.no_grad():
        network.eval()(torch.zeros(1, *shape))
    for hook in hooks:
        hook.remove()
    return found


def sem_step(spec: ExperimentSpec, classes: int, shape: tuple[int, int, int]) -> Work:
    """The noise's passes, the surrogate's attack, one training pass, over B images."""
    surrogate, phases = spec.surrogate, phases_of(spec)
    forward, first = forward_flops(build_network(surrogate.network, classes, shape[0], 0), shape)
    passes = step_passes(spec, phases.noise, phases.surrogate)
    return Work(passes, surrogate.batch * _flops(passes - 1, forward, first))


def final_pass(
    spec: ExperimentSpec, classes: int, shape: tuple[int, int, int], images: int
) -> Work:
    """The noise's passes over every image, with the final K."""
    network = build_network(spec.surrogate.network, classes, shape[0], 0)
    gradients = final_passes(spec, phases_of(spec).noise)
    return Work(gradients, images * gradients * 2 * forward_flops(network, shape)[0])


def victim_step(
    spec: ExperimentSpec, radius: float, classes: int, shape: tuple[int, int, int]
) -> Work:
    """The attack's passes and one training pass, over B images."""
    victim = spec.victim
    forward, first = forward_flops(build_network(victim.network, classes, shape[0], 0), shape)
    gradients = victim.attack_steps if radius else 0
    return Work(gradients + 1, victim.batch * _flops(gradients, forward, first))


def _flops(gradients: int, forward: float, first: float) -> float:
    """An input gradient costs a forward again; training one more for the weights, but none for
    the images, which nobody asks about."""
    return gradients * 2 * forward + 3 * forward - first
