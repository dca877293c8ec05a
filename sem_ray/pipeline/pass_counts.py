"""How many forward-backward passes an experiment takes, from its spec and the number of images."""

from __future__ import annotations

from sem_ray.methods import PassCount, method_of, split_of
from sem_ray.metrics.measurement import GENERATION_PASSES, PASSES, VICTIM_PASSES
from sem_ray.spec import ExperimentSpec
from sem_ray.victims import victim_passes

PASS_COUNTS = (PASSES, GENERATION_PASSES, VICTIM_PASSES)
"""Names of what `passes_of` counts, in its order."""


def generation_passes(spec: ExperimentSpec, images: int) -> PassCount:
    """Passes of a generation over each of `images` training images, on average."""
    return method_of(spec).passes(spec, split_of(spec, images))


def passes_of(spec: ExperimentSpec, images: int) -> dict[str, float]:
    """Passes over each of `images` training images, on average: in all, of the noise, and of the
    victims on protected images."""
    generation = generation_passes(spec, images).total
    victims = sum(victim_passes(spec, radius, images) for radius in spec.victim.radii)
    return {
        PASSES: generation + victims,
        GENERATION_PASSES: generation,
        VICTIM_PASSES: victims,
    }
