"""What victims on clean and on protected images say together: does the noise protect?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sem_ray.data import ImageSet
from sem_ray.metrics.statistics import (
    Estimate,
    accuracy_difference,
    accuracy_estimate,
    mean_estimate,
    paired_difference,
)
from sem_ray.pipeline import Accuracy

TAKEN = 0.5
"""Share of what clean images teach above chance that noise must take away to protect."""

Answer = Literal["protects", "does not protect", "cannot be told"]


@dataclass(frozen=True)
class Comparison:
    """Victims of one radius (1/255), one or several a side. Accuracies in % of the test images.

    Noise protects if a victim trained on protected images stays below the half-way mark between
    chance and a victim trained on clean ones. `margin` is how far below it stays, in points.
    A side that was not asked for is None, and so is `margin` then.
    """

    radius: float
    chance: float
    clean: Estimate | None
    protected: Estimate | None
    margin: Estimate | None

    @property
    def answer(self) -> Answer | None:
        """By the whole interval of the margin; None without both sides. "cannot be told" too if
        the clean victim is no better than chance."""
        if self.margin is None or self.clean is None:
            return None
        if self.clean.low > self.chance:
            if self.margin.low > 0:
                return "protects"
            if self.margin.high < 0:
                return "does not protect"
        return "cannot be told"


def chance_level(test: ImageSet) -> float:
    """Accuracy in % of naming the commonest class of `test` every time."""
    return 100 * float(np.bincount(test.labels.cpu().numpy()).max()) / len(test)


def compared(runs: Sequence[Accuracy], chance: float, test_images: int) -> Comparison:
    """Victims of one radius that differ only in their seed.

    One run has Wilson's intervals, over test images; several have Student's, over seeds.
    """
    clean = [run.clean.last for run in runs if run.clean]
    protected = [run.protected.last for run in runs if run.protected]
    one, other = _estimate(clean, test_images), _estimate(protected, test_images)
    margin = _margin(clean, protected, chance, test_images) if one and other else None
    return Comparison(runs[0].radius, chance, one, other, margin)


def _estimate(accuracies: Sequence[float], test_images: int) -> Estimate | None:
    if not accuracies:
        return None
    if len(accuracies) == 1:
        return accuracy_estimate(accuracies[0], test_images)
    return mean_estimate(accuracies)


def _margin(
    clean: Sequence[float], protected: Sequence[float], chance: float, test_images: int
) -> Estimate:
    """The half-way mark minus the protected accuracy."""
    if len(clean) > 1:
        return paired_difference([_mark(value, chance) for value in clean], protected)
    reached = accuracy_estimate(clean[0], test_images)
    low, high = _mark(reached.low, chance), _mark(reached.high, chance)
    mark = Estimate(_mark(reached.value, chance), low, high, test_images)
    return accuracy_difference(mark, accuracy_estimate(protected[0], test_images))


def _mark(accuracy: float, chance: float) -> float:
    return accuracy - TAKEN * (accuracy - chance)
