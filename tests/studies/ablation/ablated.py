"""Made-up runs of designs, with noise that seeds share."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from sem_ray.studies.ablation.analysis import Measured, Run
from sem_ray.studies.ablation.answer import Ablation, answer
from sem_ray.studies.ablation.design import Design, Factor

METRIC = "test_accuracy_at_4"
ACCURACY = Measured(METRIC, "%", "minimize")
FACTORS = (
    Factor("noise.samples", (4, 1)),
    Factor("noise.perturbation_scale", (1.0, 0.0)),
    Factor("noise.steps", (5, 3, 1)),
)


def ran(
    design: Design,
    effect: Callable[[tuple[int, ...]], float],
    seeds: Sequence[int] = range(5),
    noise: float = 1.0,
    machine: Callable[[int, int], str] = lambda _point, _seed: "one kind",
) -> list[Run]:
    """A run of every configuration with every seed: `effect` of its levels, on top of 40% and what
    the seed does to all, with normal noise of its own."""
    generator = np.random.default_rng(2)
    runs = []
    for seed in seeds:
        common = 40 + generator.normal(0, 8)
        for number, point in enumerate(design.points):
            value = common + effect(point) + generator.normal(0, noise)
            runs.append(Run(number, seed, machine(number, seed), {METRIC: float(value)}))
    return runs


def answered(
    design: Design, effect: Callable[[tuple[int, ...]], float], seeds: int = 5
) -> Ablation:
    """The answer that made-up runs give."""
    return answer("made-up", design, seeds, ran(design, effect, range(seeds)), [ACCURACY])
