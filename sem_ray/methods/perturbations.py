"""The perturbations δ of the two phases."""

from __future__ import annotations

from torch import Tensor

from sem_ray.attacks import within_pixels
from sem_ray.draws import Stream
from sem_ray.networks import FrozenTwin
from sem_ray.training import Attack


def uniform(
    network: FrozenTwin,  # noqa: ARG001  a perturbation's signature
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
    """Found by PGD with a random start, BatchNorm in eval mode."""
    return attack.examples(network, views, labels, stream)
