"""PGD with a random start, as a spec gives it."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from sem_ray.attacks import pgd
from sem_ray.networks import FrozenTwin
from sem_ray.rng import Stream
from sem_ray.spec import AttackSpec, default_step_size, unit


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
