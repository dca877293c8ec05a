"""Looks at a study again and again, at the cost of what is new: its journal and, while a sweep is
at work, what that says of its trials. Nothing is written, so any process that sees the store may
look."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from optuna.trial import FrozenTrial, TrialState

from sem_ray.spec import ExperimentSpec
from sem_ray.store import Store
from sem_ray.studies.journal import trial_attributes as attributes
from sem_ray.studies.journal.configurations import Configurations
from sem_ray.studies.journal.live import LiveSweep, LiveTrial, read_live
from sem_ray.studies.journal.storage import (
    JOURNAL_FILE,
    SPEC_FILE,
    StudyRecord,
    is_running,
    load_study,
    study_folder,
)
from sem_ray.studies.watch.standing import Tally, standing
from sem_ray.studies.watch.study_view import RunningTrial, StudyView
from sem_ray.studies.watch.time_left import share_done


class StudyPoll:
    """The study `name` of `store`, which may not exist yet."""

    def __init__(
        self, store: Store, name: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._store, self._name, self._clock = store, name, clock
        self._folder = study_folder(store, name)
        self._opened: _Opened | None = None
        self._version: float | None = None
        self._written, self._seen = 0.0, 0.0

    @property
    def running(self) -> bool:
        """Whether a sweep works on the study."""
        return is_running(self._store, self._name)

    def look(self) -> StudyView | None:
        """The study as it stands now; None as long as it does not exist."""
        if (opened := self._open()) is None:
            return None
        opened.update()
        live = read_live(self._folder) if self.running else None
        stands = standing(opened.configurations, opened.tally)
        if live is None:
            return StudyView(stands)
        return StudyView(
            standing=stands,
            running=tuple(_running(opened, live)),
            devices=live.devices,
            taken=live.taken,
            started=live.started,
            now=self._now(live),
        )

    def _open(self) -> _Opened | None:
        """The record, read again from its beginning if the study was changed."""
        try:
            version = (self._folder / SPEC_FILE).stat().st_mtime
            empty = (self._folder / JOURNAL_FILE).stat().st_size == 0
        except FileNotFoundError:
            return None
        if empty:
            return None  # opening it would write its first line, which is for the sweep to do
        if self._opened is None or version != self._version:
            self._opened = _Opened(load_study(self._store, self._name))
            self._version = version
        return self._opened

    def _now(self, live: LiveSweep) -> float:
        """The time by the sweep's clock, which need not agree with this machine's."""
        if live.written != self._written:
            self._written, self._seen = live.written, self._clock()
        return live.written + self._clock() - self._seen


class _Opened:
    """A study's record, and what was counted of it so far."""

    def __init__(self, record: StudyRecord) -> None:
        self._record = record
        self.configurations = Configurations(record.spec)
        self.tally = Tally()
        self.trials: dict[int, FrozenTrial] = {}

    def update(self) -> None:
        """Take what changed since the last time."""
        for trial in self._record.study.get_trials(deepcopy=False):
            known = self.trials.get(trial.number)
            if known is not None and known.state == trial.state:
                continue
            self.trials[trial.number] = trial
            if trial.state != TrialState.WAITING:
                self.configurations.take(trial)
                self.tally.take(trial)


def _running(opened: _Opened, sweep: LiveSweep) -> Iterator[RunningTrial]:
    """Those that the journal has, and has not seen the end of since the sweep wrote its file."""
    for live in sweep.trials:
        trial = opened.trials.get(live.trial)
        if trial is not None and not trial.state.is_finished():
            yield _at_work(trial, live)


def _at_work(trial: FrozenTrial, live: LiveTrial) -> RunningTrial:
    text = trial.user_attrs.get(attributes.SPEC)
    spec = None if text is None else ExperimentSpec.model_validate_json(text)
    share = share_done(spec, live.progress) if spec and live.progress else None
    return RunningTrial(
        live=live,
        values=trial.params,
        configuration=attributes.configuration_of(trial),
        seed=None if spec is None else spec.seed,
        share=share,
    )
