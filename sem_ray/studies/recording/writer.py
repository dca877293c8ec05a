"""MLflow beside a running sweep: it may be down, the sweep goes on, and what it missed is written
as soon as it answers again."""

from __future__ import annotations

import copy
import time
from collections import defaultdict
from collections.abc import Callable, Container

from optuna.trial import FrozenTrial

from sem_ray.files import writing_to
from sem_ray.records.history import History
from sem_ray.records.points import MetricRow
from sem_ray.store import REMEDY, Store
from sem_ray.studies.comparison import leading
from sem_ray.studies.events import TrialProgress
from sem_ray.studies.journal import trial_attributes as attributes
from sem_ray.studies.journal.storage import StudyRecord
from sem_ray.studies.recording.backlog import Act, Backlog
from sem_ray.studies.recording.documents import trial_key, watched
from sem_ray.studies.recording.study_runs import StudyRuns

Warn = Callable[[str], None]

WATCH_EVERY = 10.0
"""Seconds between two looks at a running trial."""
EVERYTHING, STUDY, HISTORY = "everything", "study", "history"
"""Keys of the acts that bring all runs in line, the study's own, and the curves."""


class Records:
    """Writes a sweep's trials to MLflow in a thread of its own: the sweep neither waits for it nor
    ends with it. That thread gets snapshots of trials, and never touches the study.

    What MLflow lacks in the end is in the journal and the history, from which `catch_up` takes it.
    """

    def __init__(
        self, store: Store, record: StudyRecord, warn: Warn, backlog: Backlog | None = None
    ) -> None:
        self._store, self._record, self._warn = store, record, warn
        self._backlog = backlog or Backlog()
        self._history = History(record.folder)
        self._runs: StudyRuns | None = None
        """Made and used in the thread only."""
        self._warned = False
        self._watched: dict[int, float] = {}
        self._trials: dict[int, FrozenTrial] = {}
        self._configurations: defaultdict[int, dict[int, FrozenTrial]] = defaultdict(dict)

    def begin(self) -> None:
        """Bring MLflow in line with what earlier sweeps left."""
        self._backlog.put_instead(EVERYTHING, self._reconciling(frozenset(), sweeping=True))

    def note(self, trial: FrozenTrial, live: Container[int]) -> None:
        """Have one trial written; after a failure, everything that was missed."""
        self._look()
        # The first look is worth its time only if the trial takes longer than one.
        self._watched.setdefault(trial.number, time.monotonic())
        shown, is_live = self._take(trial), trial.number in live
        if trial.state.is_finished():
            self._watched.pop(trial.number)
            self._backlog.put(STUDY, self._writing_study())
        siblings = list(self._configurations[attributes.configuration_of(trial)].values())
        self._backlog.put(
            trial.number, self._act(lambda runs: runs.write(shown, siblings, live=is_live))
        )
        self._catch_up(live)

    def watch(self, event: TrialProgress) -> None:
        """Keep how a trial is doing, now and then, and have it written."""
        self._look()
        now = time.monotonic()
        if now >= self._watched.setdefault(event.trial, now) + WATCH_EVERY:
            self._watched[event.trial] = now
            self._keep(event)
            self._backlog.put(HISTORY, self._act(lambda runs: runs.write_history()))

    def settle(self) -> None:
        """Bring MLflow in line once the sweep has stopped, as far as it goes, and wait for it as
        long as it gives signs of life. Says what it still lacks."""
        leader = leading(self._record.configurations())
        self._backlog.finish(self._reconciling(frozenset(), sweeping=False, leader=leader))
        if self._backlog.fault is not None:
            raise self._backlog.fault
        if (failure := self._backlog.failure) is not None:
            name = self._record.spec.name
            self._warn(
                f"{failure}; the study is whole, and its records wait for "
                f"`sem-ray records sync {name}`"
            )

    def _look(self) -> None:
        """Say once that MLflow failed. Raises what else went wrong in the thread."""
        if self._backlog.fault is not None:
            raise self._backlog.fault
        if self._backlog.first_failure is not None and not self._warned:
            self._warned = True
            self._warn(f"{self._backlog.first_failure}; the sweep goes on and records it later")

    def _take(self, trial: FrozenTrial) -> FrozenTrial:
        """The trial as it is now: Optuna changes attributes in place."""
        shown = copy.copy(trial)
        shown.user_attrs = dict(trial.user_attrs)
        self._trials[trial.number] = shown
        self._configurations[attributes.configuration_of(trial)][trial.number] = shown
        return shown

    def _keep(self, event: TrialProgress) -> None:
        moment, step = int(time.time() * 1000), event.progress.done
        numbers = watched(event.progress).items()
        rows = [MetricRow(name, float(value), step, moment) for name, value in numbers]
        with writing_to(self._record.folder, REMEDY):
            self._history.append(trial_key(self._record.spec, event.trial), rows)

    def _catch_up(self, live: Container[int]) -> None:
        if self._backlog.failure is not None and self._backlog.ready:
            self._backlog.put_instead(EVERYTHING, self._reconciling(live, sweeping=True))

    def _act(self, act: Callable[[StudyRuns], object]) -> Act:
        def acting() -> None:
            self._runs = self._runs or StudyRuns(self._store, self._record)
            act(self._runs)

        return acting

    def _writing_study(self) -> Act:
        trials = list(self._trials.values())
        return self._act(lambda runs: runs.write_study(trials))

    def _reconciling(
        self, live: Container[int], *, sweeping: bool, leader: int | None = None
    ) -> Act:
        for trial in self._record.study.get_trials(deepcopy=False):
            self._take(trial)
        trials, alive = list(self._trials.values()), self._backlog.alive
        return self._act(
            lambda runs: runs.reconcile(trials, live, sweeping=sweeping, leader=leader, alive=alive)
        )
