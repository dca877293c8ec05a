"""How a network is trained, and the attack it is trained on. Surrogates and victims share both."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sem_ray.spec.base import Count, Frozen, Number, StepSize, Whole


class TrainingSpec(Frozen):
    """SGD with momentum and weight decay; defaults are the paper's for CIFAR."""

    network: str = "resnet18"
    """A name from `sem_ray.networks.NETWORKS`, or `torchvision:NAME`."""
    steps: Count
    """Optimiser steps (M for the surrogate)."""
    batch: Count = 128
    """Images a step (B); the whole set if it is smaller."""
    learning_rate: Annotated[Number, Field(gt=0)] = 0.1
    momentum: Annotated[Number, Field(ge=0, lt=1)] = 0.9
    nesterov: bool = False
    """Nesterov's momentum; the paper's is plain. Without momentum it is no different."""
    weight_decay: Annotated[Number, Field(ge=0)] = 5e-4
    schedule: Literal["constant", "step", "cosine"] = "step"
    decay_every: Count | None = None
    """Steps between decays of the `step` schedule; null is 2/5 of `steps`, as the paper's 2000 of
    5000 and 16,000 of 40,000."""
    decay_factor: Annotated[Number, Field(gt=0, le=1)] = 0.1


class AttackSpec(Frozen):
    """PGD with a random start within an L∞ radius, which the user of the attack adds."""

    attack_steps: Annotated[Whole, Field(ge=0)] = 10
    """Ascent steps (Ka)."""
    attack_step_size: StepSize | None = None
    """αa in 1/255; null is 2ρ/Ka."""
