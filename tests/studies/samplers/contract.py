"""A search as samplers see it: one trial a configuration, several at once, in a study in memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState, create_trial

from sem_ray.studies.definition.sampler import ABILITIES, SamplerName
from sem_ray.studies.definition.space.distributions import Values
from sem_ray.studies.definition.study_spec import StudySpec
from sem_ray.studies.samplers.registry import sampler_for
from tests.studies.fakes import METRIC, study

NUMBERS: dict[str, dict[str, Any]] = {
    "noise.perturbation_scale": {"low": 0.0, "high": 2.0},
    "noise.step_size": {"low": 0.5, "high": 12.0, "log": True},
    "noise.steps": {"low": 1, "high": 5},
}
MIXED = {**NUMBERS, "noise.radius": {"choices": [8, 12, 16]}}

LEARNING: tuple[SamplerName, ...] = ("tpe", "nsga2", "nsga3", "gp", "cmaes")
SEVERAL: tuple[SamplerName, ...] = tuple(n for n in LEARNING if ABILITIES[n].objectives)
TWO = [{"metric": METRIC}, {"metric": "generation_seconds", "direction": "maximize"}]


def searched(name: SamplerName, **changes: Any) -> StudySpec:
    """A study over what the sampler can search; it learns early."""
    usual = {
        "sampler": {"name": name, "startup_trials": 4, "population": 4},
        "search": MIXED if ABILITIES[name].choices else NUMBERS,
    }
    return study(**{**usual, **changes})


def bowl(values: Values) -> float:
    """Best, 0, in the middle of its ranges."""
    scale, steps = float(values["noise.perturbation_scale"]), int(values["noise.steps"])
    return (scale - 1.2) ** 2 + (steps - 3) ** 2 / 4


class Search:
    """A study whose configurations are proposed by `spec`'s sampler and end in their order."""

    def __init__(
        self,
        spec: StudySpec,
        measure: Callable[[Values], tuple[float, ...]],
        *,
        restarted: bool = False,
    ) -> None:
        self.spec, self._measure, self._restarted = spec, measure, restarted
        self.study = optuna.create_study(directions=spec.directions, sampler=sampler_for(spec))
        self._running: deque[int] = deque()

    def run(self, trials: int, at_once: int = 1) -> list[Values]:
        """The values of the configurations, in the order they were proposed."""
        for number in range(trials):
            if len(self._running) == at_once:
                self._end(self._running.popleft())
            self._start(number)
        return [dict(trial.params) for trial in self.study.trials]

    def _start(self, number: int) -> None:
        if self._restarted:
            self.study = copied(self.study, self.spec)
        trial = self.study.ask()
        for path, distribution in self.spec.search.items():
            distribution.suggested(trial, path)
        assert trial.number == number
        self._running.append(number)

    def _end(self, number: int) -> None:
        """Every fifth fails."""
        trial = optuna.Trial(self.study, self.study.trials[number]._trial_id)
        if number % 5 == 4:
            self.study.tell(trial, state=TrialState.FAIL)
            return
        for constraint in self.spec.constraints:
            trial.set_constraint(str(constraint), trial.params["noise.steps"] - 2.5)
        self.study.tell(trial, self._measure(trial.params))


def copied(study: optuna.Study, spec: StudySpec) -> optuna.Study:
    """The same configurations, and a sampler that has seen none of them, as after a restart."""
    made = optuna.create_study(directions=study.directions, sampler=sampler_for(spec))
    made.add_trials([_copy(trial) for trial in study.trials])
    return made


def _copy(trial: FrozenTrial) -> FrozenTrial:
    return create_trial(
        state=trial.state,
        values=trial.values,
        params=trial.params,
        distributions=trial.distributions,
        constraints=trial.constraints,
    )
