"""The noise phase of the alternating optimisation: signed descent through drawn views."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from torch import Tensor

from sem_ray.augment import Views, draw_views
from sem_ray.methods.alternating.perturbations import Perturbation
from sem_ray.networks import FrozenTwin
from sem_ray.rng import Stream
from sem_ray.spec import Augmentation, ExperimentSpec, default_step_size, unit
from sem_ray.training import Attack
from sem_ray.training.pgd import signed_step

Perturb = Callable[[Tensor, Tensor], Tensor]
"""(views, labels) → perturbed views."""


def noise_gradient(
    network: FrozenTwin,
    images: Tensor,
    noise: Tensor,
    labels: Tensor,
    views: Views,
    perturb: Perturb,
    *,
    bounds_move: bool = True,
) -> Tensor:
    """∂ Σ_j mean CE(f(t_j(clip(x + δu)) + δ_j), y) / ∂ δu, all samples j as one batch.

    images and noise [n, C, H, W] in [0, 1] and ±ρu; the perturbation δ_j is a constant. A pixel
    that the clip changes has zero gradient; so has one exactly on a bound unless `bounds_move`.
    """
    shifted = images + noise
    viewed = views.apply(shifted.clamp(0, 1))
    targets = labels.repeat_interleave(len(viewed) // len(images))
    gradient = network.gradient(perturb(viewed, targets), targets)
    # Written out, because releases of PyTorch differ about the gradient of `clamp` on its bounds.
    inside = (shifted > 0) & (shifted < 1)
    moves = (shifted >= 0) & (shifted <= 1) if bounds_move else inside
    return views.adjoint(gradient) * moves / len(images)


@dataclass(frozen=True)
class NoisePhase:
    """K signed descent steps on the noise of a batch, through a frozen surrogate.

    radius (ρu) and step (α) are in [0, 1]; `attack` is what finds δ, or its radius
    ρr alone. Paper: https://arxiv.org/abs/2311.13091, algorithm 1.
    """

    perturbation: Perturbation
    augmentation: Augmentation
    samples: int
    radius: float
    step: float
    steps: int
    attack: Attack
    bounds_move: bool

    @classmethod
    def of(cls, spec: ExperimentSpec, steps: int, perturbation: Perturbation) -> NoisePhase:
        """The phase of `spec` with K = `steps`."""
        radius, settings = spec.noise.radius, spec.noise.alternating
        return cls(
            perturbation=perturbation,
            augmentation=spec.augmentation,
            samples=settings.samples,
            radius=unit(radius),
            step=unit(settings.step_size or default_step_size(radius, steps)),
            steps=steps,
            attack=Attack.of(spec.surrogate, spec.surrogate.radius * settings.perturbation_scale),
            bounds_move=not spec.noise.parity.bound_gradient,
        )

    def run(self, network: FrozenTwin, images: Tensor, labels: Tensor, stream: Stream) -> Tensor:
        """δu for images [n, C, H, W], within ±ρu: a uniform start, no warm start, then K steps."""

        def perturb(views: Tensor, targets: Tensor) -> Tensor:
            return self.perturbation(network, views, targets, self.attack, stream)

        return descended(
            network,
            images,
            labels,
            stream,
            views=partial(draw_views, self.augmentation, stream, self.samples, images),
            radius=self.radius,
            step=self.step,
            steps=self.steps,
            perturb=perturb,
            bounds_move=self.bounds_move,
        )


def as_they_are(views: Tensor, labels: Tensor) -> Tensor:  # noqa: ARG001
    return views


def descended(
    network: FrozenTwin,
    images: Tensor,
    labels: Tensor,
    stream: Stream,
    *,
    views: Callable[[], Views],
    radius: float,
    step: float,
    steps: int,
    perturb: Perturb = as_they_are,
    bounds_move: bool = True,
) -> Tensor:
    """Noise within ±radius that makes `network` find `labels` in images [n, C, H, W]: a uniform
    start from `stream`, then signed steps, each through views of its own."""
    noise = stream.ball(images, radius)
    for _ in range(steps):
        gradient = noise_gradient(
            network, images, noise, labels, views(), perturb, bounds_move=bounds_move
        )
        noise = signed_step(noise, gradient, -step, radius)
    return noise
