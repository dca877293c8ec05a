"""Which trial comes next: those that an earlier sweep left running, then new ones."""

from __future__ import annotations

from collections import deque

import optuna
from optuna.trial import TrialState

from sem_ray.studies.journal.storage import StudyRecord


class Proposals:
    """The trials of a study that are to be run. A trial found RUNNING at the start was cut off with
    its sweep: it is run again, with the values it was given."""

    def __init__(self, record: StudyRecord) -> None:
        self._study, self._search = record.study, record.spec.search
        running = self._study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
        self._cut_off = deque(trial.number for trial in running)

    def next(self) -> optuna.Trial:
        """A trial with a value for each searched setting."""
        trial = self._resumed() if self._cut_off else self._study.ask()
        for path, distribution in self._search.items():
            # Values that a cut-off trial was given already are found, not drawn again.
            distribution.suggested(trial, path)
        return trial

    def _resumed(self) -> optuna.Trial:
        frozen = self._study.get_trials(deepcopy=False)[self._cut_off.popleft()]
        return optuna.Trial(self._study, frozen._trial_id)
