"""What samplers that learn from finished configurations have in common.

They are asked on a study in memory with one trial a configuration, and hold nothing that matters:
each proposal follows from the study's seed, the configuration's number, and what has finished.
"""

from __future__ import annotations

from abc import ABC
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.trial import FrozenTrial
from typing_extensions import override

from sem_ray.rng import derived_seed
from sem_ray.studies.definition.study_spec import StudySpec

SEEDS = 2**32
"""Optuna's generators take seeds below this."""


class Learning(BaseSampler, ABC):
    """Proposes the values of a configuration together, and draws those it leaves out one by one.

    A generator lives for one proposal, and for one value drawn by itself: a sweep cut off between
    two of them goes on as it would have.
    """

    def __init__(self, spec: StudySpec) -> None:
        self._spec = spec
        ranges = {path: spec.search[path].optuna() for path in sorted(spec.search)}
        self._space = {path: found for path, found in ranges.items() if not found.single()}
        """By name, so that the order settings are written in does not matter."""

    def _seed(self, *keys: str | int) -> int:
        return derived_seed(self._spec.seed, self._spec.sampler.name, *keys) % SEEDS

    @override
    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        return self._space

    @override
    def sample_independent(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        drawn = RandomSampler(seed=self._seed(trial.number, param_name))
        return drawn.sample_independent(study, trial, param_name, param_distribution)
