"""The perturbations δ of the two phases."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from sem_ray.networks import FrozenTwin
from sem_ray.rng import Stream
from sem_ray.spec import Phase
from sem_ray.training import Attack
from sem_ray.training.pgd import within_pixels

Perturbation = Callable[[FrozenTwin, Tensor, Tensor, Attack, Stream], Tensor]
"""(network, views [n, C, h, w], labels [n], attack, stream) → perturbed views, inside [0, 1]. The
perturbation counts as a constant if the result is differentiated with respect to the views."""


def none(
    network: FrozenTwin,  # noqa: ARG001  a perturbation's signature, here and below
    views: Tensor,
    labels: Tensor,  # noqa: ARG001
    attack: Attack,  # noqa: ARG001
    stream: Stream,  # noqa: ARG001
) -> Tensor:
    """The views as they are."""
    return views


def uniform(
    network: FrozenTwin,  # noqa: ARG001
    views: Tensor,
    labels: Tensor,  # noqa: ARG001
    attack: Attack,
    stream: Stream,
) -> Tensor:
    """One draw in ±radius for each view, kept inside the pixel range."""
    return within_pixels(views, stream.ball(views, attack.radius))


def adversarial(
    network: FrozenTwin, views: Tensor, labels: Tensor, attack: Attack, stream: Stream
) -> Tensor:
    """Found by PGD with a random start, BatchNorm in eval mode, anew for each of the views."""
    return attack.examples(network, views, labels, stream)


PERTURBATIONS: dict[Phase, Perturbation] = {
    "none": none,
    "random": uniform,
    "adversarial": adversarial,
}
