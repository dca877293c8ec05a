"""How many forward-backward passes the alternating optimisation takes, from its settings alone."""

from __future__ import annotations

from sem_ray.distributed.shards import Split
from sem_ray.methods.declaration import PassCount
from sem_ray.spec import ExperimentSpec, Phase


def step_passes(spec: ExperimentSpec, noise: Phase, surrogate: Phase) -> int:
    """Passes over each image of a batch in one training step: K·J gradients of the noise, the
    surrogate's attack, one training pass. 61 for `sem` with the paper's settings, 561 for `rem`."""
    settings = spec.noise.alternating
    gradients = settings.steps * settings.samples * _evaluation(spec, noise)
    attack = attack_passes(spec, spec.surrogate.radius) if surrogate == "adversarial" else 0
    return gradients + attack + 1


def final_passes(spec: ExperimentSpec, noise: Phase) -> int:
    """Passes over each image in the final pass."""
    settings = spec.noise.alternating
    return (settings.final_steps or settings.steps) * settings.samples * _evaluation(spec, noise)


def passes_an_image(
    spec: ExperimentSpec, split: Split, noise: Phase, surrogate: Phase
) -> PassCount:
    """Passes of a whole generation over each image of `split`, on average."""
    visits = spec.surrogate.steps * split.batch / split.rows
    return PassCount(visits * step_passes(spec, noise, surrogate), final_passes(spec, noise))


def attack_passes(spec: ExperimentSpec, radius: float) -> int:
    """Of one attack by the surrogate's PGD; an attack of radius 0 is none."""
    return spec.surrogate.attack_steps if radius else 0


def _evaluation(spec: ExperimentSpec, noise: Phase) -> int:
    """Passes of one of the K·J gradients: PGD's own come before it in an adversarial phase."""
    if noise != "adversarial":
        return 1
    return 1 + attack_passes(
        spec, spec.surrogate.radius * spec.noise.alternating.perturbation_scale
    )
