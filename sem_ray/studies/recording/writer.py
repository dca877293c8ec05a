"""MLflow beside a running sweep: it may be down, the sweep goes on, and what it missed is written
as soon as it answers again."""

from __future__ import annotations

import time
from collections.abc import Callable, Container

from optuna.trial import FrozenTrial

from sem_ray.errors import WorkFailed
from sem_ray.records.connection import TrackingFailed
from sem_ray.store import Store
from sem_ray.studies.events import TrialProgress
from sem_ray.studies.journal.storage import StudyRecord
from sem_ray.studies.recording.trial_runs import StudyRuns

Warn = Callable[[str], None]

PATIENCE = 5.0
"""Least seconds between a failure and the next try."""
WATCH_EVERY = 10.0
"""Seconds between two looks at a running trial."""
SHARE = 10
"""A failed try that took long is followed by a pause this many times longer, so that a server
which hangs costs a tenth of the sweep at most."""


class Records:
    """Writes a sweep's trials to MLflow, and never ends the sweep."""

    def __init__(self, store: Store, record: StudyRecord, warn: Warn) -> None:
        self._store, self._record, self._warn = store, record, warn
        self._runs: StudyRuns | None = None
        self._failure: TrackingFailed | None = None
        self._warned = False
        self._next_try = 0.0
        self._watched: dict[int, float] = {}

    def begin(self) -> None:
        """Bring MLflow in line with what earlier sweeps left."""
        self._try(lambda runs: self._reconcile(runs, frozenset(), sweeping=True))

    def note(self, trial: FrozenTrial, live: Container[int]) -> None:
        """Write one trial; after a failure, everything that was missed."""
        # The first look is worth its time only if the trial takes longer than one.
        self._watched.setdefault(trial.number, time.monotonic())
        if trial.state.is_finished():
            self._watched.pop(trial.number)
        if self._failure is None:
            self._try(lambda runs: runs.write(trial, live=trial.number in live))
        elif time.monotonic() >= self._next_try:
            self._try(lambda runs: self._reconcile(runs, live, sweeping=True))

    def watch(self, event: TrialProgress) -> None:
        """Write how a trial is doing, now and then; what is missed is not made up for."""
        now = time.monotonic()
        due = self._watched.setdefault(event.trial, now) + WATCH_EVERY
        if self._failure is None and now >= due:
            self._watched[event.trial] = now
            self._try(lambda runs: runs.watch(event.trial, event.progress))

    def settle(self) -> None:
        """Bring MLflow in line once the sweep has stopped, as far as it goes."""
        self._try(lambda runs: self._reconcile(runs, frozenset(), sweeping=False))

    def end(self) -> None:
        """The same at a good end. Raises `WorkFailed` if MLflow lacks something."""
        self.settle()
        if self._failure is not None:
            raise WorkFailed(
                f"{self._failure}; the study itself is whole: sweep again to record it there"
            ) from self._failure

    def _try(self, act: Callable[[StudyRuns], None]) -> None:
        start = time.monotonic()
        try:
            self._runs = self._runs or StudyRuns(self._store, self._record)
            act(self._runs)
            self._failure = None
        except TrackingFailed as failure:
            self._failure = failure
            now = time.monotonic()
            self._next_try = now + max(PATIENCE, SHARE * (now - start))
            if not self._warned:
                self._warned = True
                self._warn(f"{failure}; the sweep goes on and records it later")

    def _reconcile(self, runs: StudyRuns, live: Container[int], *, sweeping: bool) -> None:
        trials = self._record.study.get_trials(deepcopy=False)
        runs.reconcile(trials, live, sweeping=sweeping)
