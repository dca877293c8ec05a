"""MLflow beside a running sweep: it may be down, the sweep goes on, and what it missed is written
as soon as it answers again."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Container

from optuna.trial import FrozenTrial

from sem_ray.errors import WorkFailed
from sem_ray.store import Store
from sem_ray.studies.events import TrialProgress
from sem_ray.studies.journal.storage import StudyRecord
from sem_ray.studies.recording.backlog import Act, Backlog
from sem_ray.studies.recording.trial_runs import StudyRuns

Warn = Callable[[str], None]

WATCH_EVERY = 10.0
"""Seconds between two looks at a running trial."""
EVERYTHING = "everything"
"""The key of the act that brings all runs in line."""


class Records:
    """Writes a sweep's trials to MLflow in a thread of its own: the sweep neither waits for it nor
    ends with it. That thread gets snapshots of trials, and never touches the study."""

    def __init__(
        self, store: Store, record: StudyRecord, warn: Warn, backlog: Backlog | None = None
    ) -> None:
        self._store, self._record, self._warn = store, record, warn
        self._backlog = backlog or Backlog()
        self._runs: StudyRuns | None = None
        """Made and used in the thread only."""
        self._warned = False
        self._watched: dict[int, float] = {}

    def begin(self) -> None:
        """Bring MLflow in line with what earlier sweeps left."""
        self._backlog.put_instead(EVERYTHING, self._reconciling(frozenset(), sweeping=True))

    def note(self, trial: FrozenTrial, live: Container[int]) -> None:
        """Have one trial written; after a failure, everything that was missed."""
        self._look()
        # The first look is worth its time only if the trial takes longer than one.
        self._watched.setdefault(trial.number, time.monotonic())
        if trial.state.is_finished():
            self._watched.pop(trial.number)
        if self._backlog.failure is None:
            shown, is_live = _snapshot(trial), trial.number in live
            write = self._act(lambda runs: runs.write(shown, live=is_live))
            self._backlog.put(trial.number, write)
        elif self._backlog.ready:
            self._backlog.put_instead(EVERYTHING, self._reconciling(live, sweeping=True))

    def watch(self, event: TrialProgress) -> None:
        """Have it written how a trial is doing, now and then; what is missed is not made up for."""
        self._look()
        now = time.monotonic()
        due = self._watched.setdefault(event.trial, now) + WATCH_EVERY
        if self._backlog.failure is None and now >= due:
            self._watched[event.trial] = now
            watch = self._act(lambda runs: runs.watch(event.trial, event.progress))
            self._backlog.put(("watch", event.trial), watch)

    def settle(self) -> None:
        """Bring MLflow in line once the sweep has stopped, as far as it goes, and wait for it."""
        self._backlog.finish(self._reconciling(frozenset(), sweeping=False))
        self._look()

    def end(self) -> None:
        """The same at a good end. Raises `WorkFailed` if MLflow lacks something."""
        self.settle()
        if (failure := self._backlog.failure) is not None:
            raise WorkFailed(
                f"{failure}; the study itself is whole: sweep again to record it there"
            ) from failure

    def _look(self) -> None:
        """Say once that MLflow failed. Raises what else went wrong in the thread."""
        if self._backlog.fault is not None:
            raise self._backlog.fault
        if self._backlog.first_failure is not None and not self._warned:
            self._warned = True
            self._warn(f"{self._backlog.first_failure}; the sweep goes on and records it later")

    def _act(self, act: Callable[[StudyRuns], None]) -> Act:
        def acting() -> None:
            self._runs = self._runs or StudyRuns(self._store, self._record)
            act(self._runs)

        return acting

    def _reconciling(self, live: Container[int], *, sweeping: bool) -> Act:
        trials = [_snapshot(trial) for trial in self._record.study.get_trials(deepcopy=False)]
        alive = self._backlog.alive
        return self._act(lambda runs: runs.reconcile(trials, live, sweeping=sweeping, alive=alive))


def _snapshot(trial: FrozenTrial) -> FrozenTrial:
    """The trial as it is now: Optuna changes attributes in place."""
    shown = copy.copy(trial)
    shown.user_attrs = dict(trial.user_attrs)
    return shown
