"""The genetic algorithms NSGA-II (Deb et al., 2002) and NSGA-III (Deb and Jain, 2014), with
Optuna's crossover, mutation and selection."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.exceptions import ExperimentalWarning
from optuna.samplers import NSGAIIISampler, NSGAIISampler
from optuna.samplers._ga import BaseGASampler
from optuna.trial import FrozenTrial, TrialState
from typing_extensions import override

from sem_ray.studies.definition.study_spec import StudySpec
from sem_ray.studies.samplers.learning import Learning

POPULATION = 20
"""Studies of this program have tens of configurations, where Optuna's default of 50 would spend
them all at random."""
FEWEST_PARENTS = 2
ATTEMPTS = 10
"""Children drawn until one has not been tried: crossover of like parents gives them again, and a
configuration's further seeds are not the search's to choose."""

Found = list[FrozenTrial]
State = tuple[tuple[object, ...], ...]


class Genetic(Learning):
    """Generation g are the configurations numbered from g times its size. Its parents are the best
    of the generation before and of that one's parents, as far as they have finished: one that is
    late, or fails, is left out."""

    def __init__(self, spec: StudySpec) -> None:
        super().__init__(spec)
        self._size = spec.sampler.population or POPULATION
        self._known: dict[int, tuple[State, Found]] = {}
        """Generation → its parents, and what they were chosen from: they are chosen once unless
        something in it has changed since."""

    @override
    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        if len(self._parents(study, trial.number // self._size)) < FEWEST_PARENTS:
            return {}
        tried = [other.params for other in study.get_trials(deepcopy=False)[: trial.number]]
        for attempt in range(ATTEMPTS):
            values = self._child(study, trial, search_space, attempt)
            if not any(values.items() <= params.items() for params in tried):
                break
        return values

    def _child(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        search_space: dict[str, BaseDistribution],
        attempt: int,
    ) -> dict[str, Any]:
        """Of two parents. Optuna leaves mutated settings out, to be drawn at random."""
        algorithm = self._algorithm("child", trial.number, attempt)
        values = algorithm.sample_relative(study, trial, search_space)
        for path, distribution in search_space.items():
            if path not in values:
                values[path] = algorithm.sample_independent(study, trial, path, distribution)
        return values

    def _parents(self, study: optuna.Study, generation: int) -> Found:
        if generation == 0:
            return []
        state = tuple(map(_state, _finished(study, range(generation * self._size))))
        known, parents = self._known.get(generation, (None, []))
        if known != state:
            algorithm = self._algorithm("parents", generation)
            parents = algorithm.select_parent(study, generation)
            self._known[generation] = state, parents
        return parents

    def _algorithm(self, *purpose: str | int) -> BaseGASampler:
        """With a generator of its own."""
        kind = NumberedNSGAII if self._spec.sampler.name == "nsga2" else NumberedNSGAIII
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)  # of NSGA-III, since Optuna 3.2
            made = kind(population_size=self._size, seed=self._seed(*purpose))
        made.parents = self._parents
        return made


class Numbered(BaseGASampler):
    """Optuna's genetic algorithm with generations by number, where Optuna notes them in the storage
    when a trial is asked for, and depends on who asked first."""

    parents: Callable[[optuna.Study, int], Found]

    @override
    def get_trial_generation(self, study: optuna.Study, trial: FrozenTrial) -> int:
        return trial.number // self._size

    @override
    def get_population(self, study: optuna.Study, generation: int) -> Found:
        first = generation * self._size
        return _finished(study, range(first, first + self._size))

    @override
    def get_parent_population(self, study: optuna.Study, generation: int) -> Found:
        return self.parents(study, generation)

    @property
    def _size(self) -> int:
        return self.population_size or POPULATION


class NumberedNSGAII(Numbered, NSGAIISampler):
    """NSGA-II: crowding distance keeps the front spread."""


class NumberedNSGAIII(Numbered, NSGAIIISampler):
    """NSGA-III: reference directions keep the front spread, for more than two objectives."""


def _finished(study: optuna.Study, numbers: range) -> Found:
    trials = study.get_trials(deepcopy=False)[numbers.start : numbers.stop]
    return [trial for trial in trials if trial.state == TrialState.COMPLETE]


def _state(trial: FrozenTrial) -> tuple[object, ...]:
    """What selection looks at; means change with further replicates."""
    return trial.number, *trial.values, *trial.constraints.values()
