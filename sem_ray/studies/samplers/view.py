"""The study as samplers see it: one trial a configuration, whatever the number of its seeds.

An Optuna study in memory, made from the journal when a sweep begins and kept in step with it. A
sampler learns from the mean of a configuration's runs, and proposals are its alone: the journal
only takes down what was proposed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import optuna
from optuna.samplers import BaseSampler
from optuna.trial import TrialState, create_trial

from sem_ray.studies.definition.space.conditions import suggested
from sem_ray.studies.definition.space.distributions import Values
from sem_ray.studies.definition.study_spec import StudySpec
from sem_ray.studies.samplers.fixed_list import next_point


class SamplerView:
    """Gives the values of one configuration after the other, and is told what they led to.

    Configurations are counted from 0, in the order they were proposed in.
    """

    def __init__(self, spec: StudySpec, sampler: BaseSampler) -> None:
        self._spec = spec
        self.study = optuna.create_study(directions=spec.directions, sampler=sampler)

    def __len__(self) -> int:
        """Configurations proposed so far."""
        return len(self.study.get_trials(deepcopy=False))

    def propose(self) -> Values:
        """The values of the next configuration."""
        if self._spec.points:
            values = next_point(self._spec.listed, self.study.get_trials(deepcopy=False))
            self.add(values)
            return values
        first = self._spec.first(len(self))
        if first is not None:
            self.study.enqueue_trial(first)
        return suggested(self._spec.search, self.study.ask())

    def add(self, values: Mapping[str, Any]) -> None:
        """A configuration that was proposed before."""
        known = {p: d.optuna() for p, d in self._spec.search.items() if p in values}
        params = {path: values[path] for path in known}
        self.study.add_trial(
            create_trial(state=TrialState.RUNNING, params=params, distributions=known)
        )

    def finish(self, number: int, values: Sequence[float], violations: Mapping[str, float]) -> None:
        """Tell the means of the objectives, and how far each constraint is broken; only the first
        such call counts."""
        frozen = self.study.get_trials(deepcopy=False)[number]
        if frozen.state.is_finished():
            return
        trial = optuna.Trial(self.study, frozen._trial_id)
        for constraint, by in violations.items():
            trial.set_constraint(constraint, by)
        self.study.tell(number, list(values))

    def prune(self, number: int, reached: Sequence[tuple[int, Sequence[float]]]) -> None:
        """Tell that a configuration was stopped early, after these rungs with these values of the
        objectives. Optuna takes values of one objective only; one of several that was stopped is to
        a sampler an example of what to avoid."""
        if len(self._spec.objectives) == 1:
            storage = self.study._storage
            trial = storage.get_trial_id_from_study_id_trial_number(self.study._study_id, number)
            if not storage.get_trial(trial).state.is_finished():
                for rung, (value,) in reached:
                    storage.set_trial_intermediate_value(trial, rung, value)
        self.study.tell(number, state=TrialState.PRUNED, skip_if_finished=True)

    def fail(self, number: int) -> None:
        """Tell that a configuration gave nothing."""
        self.study.tell(number, state=TrialState.FAIL, skip_if_finished=True)
