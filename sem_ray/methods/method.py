"""What tells one alternating method from another: the perturbation each phase trains against."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from sem_ray.draws import Stream
from sem_ray.networks import FrozenTwin
from sem_ray.training import Attack

Perturbation = Callable[[FrozenTwin, Tensor, Tensor, Attack, Stream], Tensor]
"""(network, views [n, C, h, w], labels [n], attack, stream) → perturbed views, inside [0, 1]. The
perturbation is a constant to whoever differentiates the result with respect to the views."""


@dataclass(frozen=True)
class Method:
    """A cell of the paper's noise phase × surrogate phase table."""

    name: str
    noise_phase: Perturbation
    surrogate_phase: Perturbation
