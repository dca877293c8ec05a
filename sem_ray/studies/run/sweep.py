"""A sweep, from its first proposal to its last record."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from optuna.trial import FrozenTrial, TrialState

from sem_ray.cluster.ray_session import require_ray
from sem_ray.pipeline import run_experiment
from sem_ray.pipeline.noise import KIND
from sem_ray.records.connection import require_tracking
from sem_ray.store import Store, StorePlace
from sem_ray.studies import events
from sem_ray.studies.definition.device_wish import device_wish
from sem_ray.studies.definition.study_spec import StudySpec
from sem_ray.studies.dry_run import require_runnable, target_of
from sem_ray.studies.events import DeviceEvent, OnEvent, TrialEvent, TrialProgress, Warned
from sem_ray.studies.journal import trial_attributes as attributes
from sem_ray.studies.journal.configurations import Configurations
from sem_ray.studies.journal.live import LiveWriter
from sem_ray.studies.journal.storage import StudyRecord, open_study, sweeping
from sem_ray.studies.plan.placing import devices_of
from sem_ray.studies.recording.writer import Records
from sem_ray.studies.run.amendments import NONE, Amendments, amend, require_possible
from sem_ray.studies.run.spending.budget import Budget
from sem_ray.studies.run.spending.ledger import Ledger, outlook_of
from sem_ray.studies.run.trial import Experiment, TrialSetting
from sem_ray.studies.run.trial_backend import TrialBackend
from sem_ray.studies.run.trial_queue import TrialQueue
from sem_ray.studies.run.trial_rungs import ExperimentRungs, Rungs
from sem_ray.studies.run.tune.backend import TuneBackend


@dataclass(frozen=True)
class FailedTrial:
    trial: int
    error: str
    """One line."""


@dataclass(frozen=True)
class SweepResult:
    """How a sweep ended."""

    study: str
    complete: int
    """Finished trials of the study, those of earlier sweeps included."""
    target: int
    failed: tuple[FailedTrial, ...]
    """Trials that failed in this sweep."""
    seconds: float
    lost: int = 0
    """How often a trial was lost in this sweep and given out again."""
    imported: int = 0
    """Finished trials that were taken over from another study."""
    stopped: str | None = None
    """Which limit of its budget ended the sweep, in words; None if it was none."""
    outlook: str | None = None
    """What more configurations are expected to give, in words; None if too little is known."""

    @property
    def ok(self) -> bool:
        return not self.failed and (self.complete >= self.target or self.stopped is not None)


def run_sweep(
    spec: StudySpec,
    store: Store,
    *,
    trials: int | None = None,
    on_event: OnEvent = events.ignore,
    experiment: Experiment = run_experiment,
    rungs: Rungs | None = None,
    backend: TrialBackend | None = None,
    amendments: Amendments = NONE,
) -> SweepResult:
    """Run `spec` until `trials` of its configurations are finished, and then those that may be the
    best with further seeds, going on from where an earlier sweep stopped. `backend` runs the
    trials; None is Ray Tune. `amendments` come first.

    A failed trial is replaced and reported in the result. Raises `BadInput` if the study is being
    swept, searches something else than before, or does not fit the machine; `WorkFailed` if the
    work could not go on.
    """
    start = time.monotonic()
    target = target_of(spec, trials)
    require_runnable(spec)
    if backend is None:
        require_ray()
    require_possible(store, spec, amendments)
    require_tracking(store)
    with sweeping(store, spec.name):
        record = open_study(store, spec.model_copy(update={"trials": target}))
        imported = amend(store, record, amendments)
        sweep = _Sweep(record, store, on_event)
        backend = backend or TuneBackend(device_wish(spec), sweep.on_devices)
        rungs = rungs or ExperimentRungs.of(spec)
        sweep.run(backend, TrialSetting(experiment, StorePlace.of(store), rungs=rungs))
    return SweepResult(
        study=spec.name,
        complete=sweep.complete,
        target=sweep.target,
        failed=tuple(sweep.failed),
        lost=sweep.lost,
        imported=imported,
        stopped=sweep.stopped,
        outlook=sweep.outlook,
        seconds=time.monotonic() - start,
    )


@dataclass
class _Sweep:
    """What the callbacks of one sweep share."""

    record: StudyRecord
    store: Store
    on_event: OnEvent
    failed: list[FailedTrial] = field(default_factory=list)
    lost: int = 0
    stopped: str | None = None
    """Which limit of the study's budget ended it, in words."""

    def run(self, backend: TrialBackend, setting: TrialSetting) -> None:
        self._records = Records(self.store, self.record, lambda text: self.on_event(Warned(text)))
        self._records.begin()
        self._live = LiveWriter(self.record.folder)
        self._live.open()
        try:
            self._search(backend, setting)
        finally:
            self._live.close()
            self._records.settle()

    @property
    def complete(self) -> int:
        """Finished trials of the study."""
        return self._queue.configurations.complete

    @property
    def target(self) -> int:
        """Finished trials to reach, at most: all seeds of all configurations."""
        return self._queue.configurations.wanted()

    @property
    def outlook(self) -> str | None:
        """What more configurations are expected to give, in words."""
        found = outlook_of(self.record.spec, self._queue.configurations)
        return None if found is None else str(found)

    def _search(self, backend: TrialBackend, setting: TrialSetting) -> None:
        configurations = self.record.configurations()
        ledger = self._ledger(configurations)
        missing = configurations.remaining()
        budget = Budget.for_runs(missing, self.record.spec.concurrency, ledger)
        self._queue = TrialQueue(self.record, budget, self._on_trial, self._on_progress, self.store)
        if not self._queue.over:
            backend.run(self._queue, setting)
        if self._queue.failure is not None:
            raise self._queue.failure
        if self.complete < self.target:
            self.stopped = budget.exhausted

    def _ledger(self, configurations: Configurations) -> Ledger:
        """What the study's earlier sweeps have spent."""
        spec = self.record.spec
        ledger = Ledger(spec, devices=devices_of(spec).count, noise_bytes=self._noise_bytes)
        ledger.take_all(self.record.study.get_trials(deepcopy=False), configurations)
        return ledger

    def _noise_bytes(self, identity: str) -> int:
        """Of a noise in the store; 0 if it is not there."""
        folder = self.store.folder(KIND, identity)
        return sum(file.stat().st_size for file in folder.glob("*") if file.is_file())

    def on_devices(self, event: DeviceEvent) -> None:
        """Say what each trial takes, and what all of them take now."""
        self.on_event(event)
        self._live.devices(event)

    def _on_progress(self, event: TrialProgress) -> None:
        self.on_event(event)
        self._live.watch(event.trial, event.progress)
        self._records.watch(event)

    def _on_trial(self, trial: FrozenTrial) -> None:
        running = trial.number in self._queue.running
        event = _event(trial, running, self.complete, self.target)
        if event.state == "failed":
            self.failed.append(FailedTrial(trial.number, event.error or "unknown"))
        self.lost += event.state == "lost"
        if running:
            self._live.begin(trial.number, event.attempt)
        else:
            self._live.end(trial.number)
        self.on_event(event)
        self._records.note(trial, self._queue.running)


def _event(trial: FrozenTrial, running: bool, done: int, total: int) -> TrialEvent:
    states: dict[TrialState, events.TrialState] = {
        TrialState.RUNNING: "running" if running else "lost",
        TrialState.COMPLETE: "complete",
        TrialState.PRUNED: "stopped",
        TrialState.FAIL: "failed",
    }
    state, attempt = states[trial.state], attributes.attempt_of(trial)
    return TrialEvent(
        trial=trial.number,
        state=state,
        values=trial.params,
        done=done,
        total=total,
        measurements=attributes.measurements_of(trial),
        error=attributes.error_of(trial) if state in ("failed", "lost") else None,
        seconds=attributes.seconds_of(trial),
        configuration=attributes.configuration_of(trial),
        stopped_at=attributes.pruned_at(trial),
        replicate=attributes.replicate_of(trial),
        attempt=attempt - (state == "lost"),
    )
