"""Perturbing images: the signed step, PGD and the uniform draw, once for everybody.

All tensors are images [n, C, H, W] in [0, 1]; radii and step sizes are in [0, 1] as well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from sem_ray.networks import FrozenTwin
from sem_ray.rng import Stream
from sem_ray.spec import AttackSpec, default_step_size, unit

InputGradient = Callable[[Tensor], Tensor]
"""The loss's gradient with respect to its images, shape for shape."""


def signed_step(noise: Tensor, gradient: Tensor, step: float, radius: float) -> Tensor:
    """clip(noise + step·sign(gradient), ±radius); a negative step descends."""
    return (noise + step * gradient.sign()).clamp_(-radius, radius)


def within_pixels(images: Tensor, offset: Tensor) -> Tensor:
    """images + offset, kept inside [0, 1]."""
    return (images + offset).clamp_(0, 1)


def pgd(
    gradient: InputGradient,
    images: Tensor,
    start: Tensor,
    *,
    radius: float,
    step: float,
    steps: int,
) -> Tensor:
    """Images that maximise the loss within the L∞ ball around `images`, inside [0, 1].

    Projected gradient ascent from images + start; Madry et al. 2018,
    https://arxiv.org/abs/1706.06083, equation 2 and section 3.
    """
    low, high = (images - radius).clamp_(min=0), (images + radius).clamp_(max=1)
    adversarial = within_pixels(images, start)
    for _ in range(steps):
        ascended = adversarial + step * gradient(adversarial).sign()
        adversarial = torch.clamp(ascended, low, high)
    return adversarial


@dataclass(frozen=True)
class Attack:
    """PGD with a random start: radius and step in [0, 1]; radius 0 is no attack."""

    radius: float
    step: float
    steps: int

    @classmethod
    def of(cls, spec: AttackSpec, radius: float) -> Attack:
        """The attack of `spec` at `radius` (1/255)."""
        step = spec.attack_step_size or default_step_size(radius, spec.attack_steps)
        return cls(unit(radius), unit(step), spec.attack_steps)

    def examples(
        self, network: FrozenTwin, images: Tensor, labels: Tensor, stream: Stream
    ) -> Tensor:
        """Adversarial examples of images [n, C, H, W] against `network`."""
        if not self.radius:
            return images
        return pgd(
            lambda batch: network.gradient(batch, labels),
            images,
            stream.ball(images, self.radius),
            radius=self.radius,
            step=self.step,
            steps=self.steps,
        )
