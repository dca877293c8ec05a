"""The learning rate as a pure function of the step, and the loss that says training failed."""

from __future__ import annotations

import math

from sem_ray.errors import WorkFailed
from sem_ray.spec import TrainingSpec


def learning_rate(spec: TrainingSpec, step: int) -> float:
    """The rate of optimiser step `step`, counted from 0."""
    if spec.schedule == "cosine":
        return spec.learning_rate * (1 + math.cos(math.pi * step / spec.steps)) / 2
    if spec.schedule == "step":
        every = spec.decay_every or max(2 * spec.steps // 5, 1)
        return spec.learning_rate * float(spec.decay_factor ** (step // every))
    return spec.learning_rate


def finite_loss(loss: float, role: str, step: int) -> float:
    """`loss`, unless it is NaN or infinite: such a network's accuracy would pass for protection.

    Raises `WorkFailed`.
    """
    if math.isfinite(loss):
        return loss
    raise WorkFailed(
        f"the {role}'s loss is {loss} at step {step + 1}: it diverged; lower {role}.learning_rate"
    )
