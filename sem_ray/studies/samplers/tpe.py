"""Optuna's tree-structured Parzen estimator (Bergstra et al., NeurIPS 2011), for one objective or
several."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import TPESampler
from optuna.trial import FrozenTrial
from typing_extensions import override

from sem_ray.studies.definition.study_spec import StudySpec
from sem_ray.studies.samplers.learning import Learning


class SeededTPE(Learning):
    """Models settings together that exist together (Falkner et al., "BOHB", ICML 2018): those under
    the same condition form a group, which learns from the configurations that have it. Those that
    run count as bad ones (constant liar), so that several at a time do not ask for the same."""

    def __init__(self, spec: StudySpec) -> None:
        super().__init__(spec)
        groups: dict[str, dict[str, BaseDistribution]] = defaultdict(dict)
        for path, distribution in self._space.items():
            groups[str(spec.search[path].when or "")][path] = distribution
        self._groups = dict(groups)

    @override
    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for condition, group in self._groups.items():
            keys = (trial.number, condition) if condition else (trial.number,)
            values |= self._tpe(*keys).sample_relative(study, trial, group)
        return values

    def _tpe(self, *keys: str | int) -> TPESampler:
        return WholeTrials(
            seed=self._seed(*keys),
            n_startup_trials=self._spec.sampler.startup_trials,
            multivariate=True,
            constant_liar=True,
        )


class WholeTrials(TPESampler):
    """Takes the values of a running trial from its parameters, which are all there. Optuna would
    also look at what was proposed for it, settings that do not exist in it among them, which a
    restart does not know."""

    @override
    def _get_params(self, trial: FrozenTrial, study: optuna.Study) -> dict[str, Any]:
        return trial.params
