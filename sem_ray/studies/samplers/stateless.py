"""Samplers whose proposal follows from the study's seed and the trial's number, or from which
points are done."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, TrialState
from scipy.stats import qmc
from typing_extensions import override

from sem_ray.rng import derived_seed, numpy_generator
from sem_ray.studies.definition.space.conditions import is_whole
from sem_ray.studies.definition.space.distributions import Space, Values, picked
from sem_ray.studies.definition.space.grid import Grid
from sem_ray.studies.definition.study_spec import StudySpec

TRIED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.RUNNING)


def optuna_space(space: Space) -> dict[str, BaseDistribution]:
    """The searched settings as Optuna describes them."""
    return {path: distribution.optuna() for path, distribution in space.items()}


class ByNumber(BaseSampler, ABC):
    """Proposes all values of a trial at once, from its number. Optuna's own samplers draw a first
    trial one value at a time, and keep a position or a generator that a restart loses."""

    def __init__(self, spec: StudySpec) -> None:
        self._spec = spec
        self._space = spec.search

    @abstractmethod
    def propose(self, study: optuna.Study, number: int) -> Values:
        """The values of trial `number`."""

    @override
    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        return optuna_space(self._space)

    @override
    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        return self.propose(study, trial.number)

    @override
    def sample_independent(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        return self.propose(study, trial.number)[param_name]


class RandomByNumber(ByNumber):
    """Independent draws."""

    @override
    def propose(self, study: optuna.Study, number: int) -> Values:
        generator = numpy_generator(self._spec.seed, "random", number)
        return picked(self._space, generator.random(len(self._space)).tolist())


class SobolByNumber(ByNumber):
    """A scrambled Sobol' sequence, which fills the space more evenly than chance."""

    @override
    def propose(self, study: optuna.Study, number: int) -> Values:
        seed = derived_seed(self._spec.seed, "qmc")
        with warnings.catch_warnings():
            # It warns that a length that is no power of two loses balance; so does any sweep.
            warnings.simplefilter("ignore", UserWarning)
            sequence = qmc.Sobol(len(self._space), scramble=True, rng=seed)
            if number:
                sequence.fast_forward(number)
            shares: Sequence[float] = sequence.random(1)[0].tolist()
        return picked(self._space, [min(share, 1 - 1e-12) for share in shares])


class GridByNumber(ByNumber):
    """Every combination in the order it is written, the last path fastest; points that failed
    come again after all others."""

    @override
    def propose(self, study: optuna.Study, number: int) -> Values:
        grid = Grid(self._space)
        done = self._points(grid, study, TRIED)
        failed = self._points(grid, study, (TrialState.FAIL,))
        points = (p for p in range(grid.size) if p not in done)
        return grid.point(min(points, key=lambda p: (failed[p], p), default=0))

    def _points(
        self, grid: Grid, study: optuna.Study, states: tuple[TrialState, ...]
    ) -> Counter[int]:
        trials = study.get_trials(deepcopy=False, states=states)
        whole = [t.params for t in trials if is_whole(self._space, t.params)]
        return Counter(map(grid.number, whole))
