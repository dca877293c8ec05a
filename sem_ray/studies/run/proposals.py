"""Which trial comes next: those that an earlier sweep left running, then new ones of the search,
then further seeds for its finalists."""

from __future__ import annotations

from collections import deque

import optuna
from optuna.trial import TrialState, create_trial

from sem_ray.studies.journal import trial_attributes as attributes
from sem_ray.studies.journal.replicates import Replicate, Rounds, key_of
from sem_ray.studies.journal.storage import StudyRecord


class Proposals:
    """The trials of a study that are to be run. A trial found RUNNING at the start was cut off with
    its sweep: it is run again, with the values it was given."""

    def __init__(self, record: StudyRecord) -> None:
        self._study, self._spec = record.study, record.spec
        self._cut_off = deque(trial.number for trial in self._running())

    def next(self) -> optuna.Trial | None:
        """A trial with a value for each searched setting; None if the next one depends on how those
        that run end, or there is none."""
        trial = self._cut_off_trial() or self._searched() or self._replicate()
        for path, distribution in self._spec.search.items():
            if trial is not None:
                # Values that a cut-off trial was given already are found, not drawn again.
                distribution.suggested(trial, path)
        return trial

    @property
    def rounds(self) -> Rounds:
        """How the study stands."""
        return Rounds(self._spec, self._study.get_trials(deepcopy=False))

    def _cut_off_trial(self) -> optuna.Trial | None:
        return self._trial(self._cut_off.popleft()) if self._cut_off else None

    def _searched(self) -> optuna.Trial | None:
        """A new one of the search; None if finalists are to follow and enough have been started."""
        if self._spec.finalists is not None:
            running = sum(attributes.replicate_of(trial) == 0 for trial in self._running())
            if len(self.rounds.searched) + running >= self._spec.trials:
                return None
        return self._study.ask()

    def _replicate(self) -> optuna.Trial | None:
        running = {key_of(trial) for trial in self._running()}
        missing = (each for each in self.rounds.missing() if each.key not in running)
        replicate = next(missing, None)
        return None if replicate is None else self._started(replicate)

    def _started(self, replicate: Replicate) -> optuna.Trial:
        """In one line of the journal, so that a sweep killed here or later finds it RUNNING."""
        configuration, number = replicate.key
        keys = {attributes.CONFIGURATION: configuration, attributes.REPLICATE: number}
        source = replicate.configuration
        self._study.add_trial(
            create_trial(
                state=TrialState.RUNNING,
                params=source.params,
                distributions=source.distributions,
                user_attrs=keys,
            )
        )
        return self._trial(len(self._study.get_trials(deepcopy=False)) - 1)

    def _trial(self, number: int) -> optuna.Trial:
        frozen = self._study.get_trials(deepcopy=False)[number]
        return optuna.Trial(self._study, frozen._trial_id)

    def _running(self) -> list[optuna.trial.FrozenTrial]:
        return self._study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
