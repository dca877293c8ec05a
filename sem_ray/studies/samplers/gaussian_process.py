"""Bayesian optimisation with a Gaussian process, as Optuna has it: Matérn 5/2, log expected
improvement, or hypervolume improvement for several objectives."""

from __future__ import annotations

from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import GPSampler
from optuna.trial import FrozenTrial, TrialState
from typing_extensions import override

from sem_ray.studies.definition.study_spec import StudySpec
from sem_ray.studies.samplers.learning import Learning
from sem_ray.studies.samplers.stateless import SobolByNumber


class SeededGP(Learning):
    """Fits a process to all finished configurations for each proposal, from nothing: a fit that
    starts from the last one would depend on when the sweep was restarted. The first proposals are
    Sobol' points."""

    def __init__(self, spec: StudySpec) -> None:
        super().__init__(spec)
        self._startup = SobolByNumber(spec)

    @override
    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        finished = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        if len(finished) < self._spec.sampler.startup_trials:
            return self._startup.propose(study, trial.number)
        process = GPSampler(seed=self._seed(trial.number), n_startup_trials=0)
        return process.sample_relative(study, trial, search_space)
