"""CMA-ES (Hansen, "The CMA Evolution Strategy: A Tutorial", 2016) for numbers, one objective."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import optuna
from cmaes import CMA
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial, TrialState
from typing_extensions import override

from sem_ray.studies.definition.space.ranges import Range
from sem_ray.studies.definition.study_spec import StudySpec
from sem_ray.studies.samplers.learning import Learning

CENTRE = 0.5
"""Where the first generation is drawn around, as a share of each range."""
SPREAD = 1 / 6
"""Its standard deviation, so that three of them reach the ends."""
RESAMPLED = 10
"""Tries a setting to draw a point inside the ranges."""

Point = NDArray[np.float64]


class ReplayedCMA(Learning):
    """Generation g are the configurations numbered from g times its size. For each proposal the
    strategy is told all generations before, so that it is never stored. Optuna pickles its own
    into the study, which this program neither writes nor reads.

    The strategy needs a generation whole, and looks at ranks alone: configurations that break a
    constraint come after those that do not, and those that failed or still run come last.
    """

    def __init__(self, spec: StudySpec) -> None:
        super().__init__(spec)
        found = ((path, spec.search[path]) for path in self._space)
        self._ranges = {path: range_ for path, range_ in found if isinstance(range_, Range)}
        settings = max(len(self._ranges), 1)
        self._size = spec.sampler.population or 4 + math.floor(3 * math.log(settings))

    @override
    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        if not self._ranges:
            return {}
        strategy = self._strategy()
        trials = study.get_trials(deepcopy=False)
        for first in range(0, trial.number - trial.number % self._size, self._size):
            self._tell(strategy, trials[first : first + self._size])
        strategy.reseed_rng(self._seed(trial.number))
        return self._values(strategy.ask())

    def _strategy(self) -> CMA:
        settings = len(self._ranges)
        return CMA(
            mean=np.full(settings, CENTRE),
            sigma=SPREAD,
            bounds=np.tile([0.0, 1.0], (settings, 1)),
            n_max_resampling=RESAMPLED * settings,
            population_size=self._size,
        )

    def _tell(self, strategy: CMA, generation: list[FrozenTrial]) -> None:
        whole = [trial for trial in generation if self._ranges.keys() <= trial.params.keys()]
        ordered = sorted(whole, key=self._rank)
        if not ordered or ordered[0].state != TrialState.COMPLETE:
            return  # nothing of it has finished
        ordered += [ordered[-1]] * (self._size - len(ordered))
        points = [self._point(trial.params) for trial in ordered]
        strategy.tell([(point, float(rank)) for rank, point in enumerate(points)])

    def _rank(self, trial: FrozenTrial) -> tuple[bool, float, float, int]:
        """Smaller is better."""
        if trial.state != TrialState.COMPLETE:
            return True, 0.0, 0.0, trial.number
        broken = sum(by for by in trial.constraints.values() if by > 0)
        return False, broken, self._spec.objectives[0].sign * trial.values[0], trial.number

    def _point(self, values: Mapping[str, Any]) -> Point:
        return np.array([share(range_, values[path]) for path, range_ in self._ranges.items()])

    def _values(self, point: Point) -> dict[str, Any]:
        shares = np.clip(point, 0.0, np.nextafter(1.0, 0.0)).tolist()
        pairs = zip(self._ranges.items(), shares, strict=True)
        return {path: range_.pick(place) for (path, range_), place in pairs}


def share(range_: Range, value: float) -> float:
    """Where `value` lies in the range, from 0 to 1: what `Range.pick` makes a value of, in the
    middle of all that give the same one."""
    if range_.log:
        margin = 0.5 if range_.whole else 0.0
        low, high = math.log(range_.low - margin), math.log(range_.high + margin)
        return (math.log(value) - low) / (high - low)
    if range_.size is None:
        return (value - range_.low) / (range_.high - range_.low)
    return (range_.position(value) + 0.5) / range_.size
