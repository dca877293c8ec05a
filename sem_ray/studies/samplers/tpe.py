"""Optuna's tree-structured Parzen estimator (Bergstra et al., NeurIPS 2011), for one objective or
several, so that a restart changes nothing."""

from __future__ import annotations

from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, TPESampler
from optuna.trial import FrozenTrial
from typing_extensions import override

from sem_ray.rng import derived_seed
from sem_ray.studies.definition.study_spec import StudySpec


class SeededTPE(BaseSampler):
    """Optuna's TPE, with a generator of its own for each trial, and for each value drawn alone:
    a trial cut off between two values gets the ones it would have had."""

    def __init__(self, spec: StudySpec) -> None:
        self._spec = spec

    def _tpe(self, *keys: str | int) -> TPESampler:
        seed = derived_seed(self._spec.seed, "tpe", *keys) % 2**32
        return TPESampler(
            seed=seed, n_startup_trials=self._spec.sampler.startup_trials, constant_liar=True
        )

    @override
    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        return self._tpe(trial.number).infer_relative_search_space(study, trial)

    @override
    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        return self._tpe(trial.number).sample_relative(study, trial, search_space)

    @override
    def sample_independent(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        sampler = self._tpe(trial.number, param_name)
        return sampler.sample_independent(study, trial, param_name, param_distribution)
