"""The trials of a sweep, from the study's proposal to the study's record.

A backend takes trials from here and hands their reports back; it needs to know neither
Optuna nor what a sweep may spend.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import optuna
from optuna.trial import FrozenTrial, TrialState

from sem_ray.errors import BadInput, DiskFailed
from sem_ray.files import writing_to
from sem_ray.metrics.measurement import means
from sem_ray.progress import Progress
from sem_ray.spec import ExperimentSpec
from sem_ray.store import REMEDY, Store
from sem_ray.studies.definition.constraints import unmeasured, violations
from sem_ray.studies.definition.objective import unusable
from sem_ray.studies.events import TrialProgress
from sem_ray.studies.journal import trial_attributes as attributes
from sem_ray.studies.journal.configurations import Configuration
from sem_ray.studies.journal.storage import StudyRecord
from sem_ray.studies.journal.trial_report import (
    Failed,
    Finished,
    RungReport,
    Stopped,
    TrialReport,
    Waiting,
)
from sem_ray.studies.run.proposals import Proposal, Proposals
from sem_ray.studies.run.sharing import SharedStages, at_once, most_held
from sem_ray.studies.run.spending.budget import Budget
from sem_ray.studies.run.stopping import Stopping, rung_values

OnTrial = Callable[[FrozenTrial], None]
OnProgress = Callable[[TrialProgress], None]


@dataclass(frozen=True)
class TrialRequest:
    """A trial to run."""

    trial: int
    spec: ExperimentSpec
    rungs: bool = False
    """Whether it is measured on its way, and may be stopped."""


class TrialQueue:
    """Gives trials as long as the budget allows, and writes down how they end."""

    def __init__(
        self,
        record: StudyRecord,
        budget: Budget,
        on_trial: OnTrial,
        on_progress: OnProgress,
        store: Store | None = None,
    ) -> None:
        self._record, self._study, self._budget = record, record.study, budget
        self._on_trial, self._on_progress = on_trial, on_progress
        self.configurations = record.configurations()
        self._proposals = Proposals(record, self.configurations)
        self._stopping = Stopping(record.spec, (one.first for one in self.configurations))
        self._store = store
        self._shared = SharedStages(most_held(record.spec.sampler.name))
        self._requests: dict[int, TrialRequest] = {}
        """Of the trials that were begun and have not ended."""
        self._running: dict[int, optuna.Trial] = {}
        self._look_ahead()
        self._nothing_to_give = False
        self.failure: Exception | None = None
        """What ended the sweep early, for the sweep to raise: a backend may bury what is raised in
        its callbacks."""

    @property
    def folder(self) -> Path:
        """The study's, in which a backend may keep scratch files."""
        return self._record.folder

    @property
    def running(self) -> frozenset[int]:
        """Numbers of the trials that were begun and have not ended, those held back included."""
        return frozenset(self._running) | self._shared.held

    @property
    def over(self) -> bool:
        """Whether nothing runs and nothing will be given any more."""
        if self._running:
            return False
        return not self._goes_on() or (self._nothing_to_give and not self._shared.held)

    def next(self) -> TrialRequest | None:
        """A trial to start now; None if there is none, for the moment or for good."""
        while self._goes_on() and self._budget.has_room(len(self._running)):
            try:
                with writing_to(self._record.folder, REMEDY, DiskFailed):
                    if (held := self._shared.ready()) is not None:
                        return self._given(self._requests[held.trial])
                    if self._shared.full:
                        return None
                    proposal = self._proposals.next()
                    self._nothing_to_give = proposal is None
                    if proposal is None:
                        return None
                    request = self._started(proposal)
            except Exception as failure:  # noqa: BLE001  the sweep raises it
                self.failure = self.failure or failure
                return None
            if request is not None:
                return request
        return None

    def progress(self, trial: int, progress: Progress) -> None:
        """Pass on how far a running trial is."""
        if trial in self._running:
            self._shared.progress(trial, progress)
            self._on_progress(TrialProgress(trial, progress))

    def rung(self, trial: int, report: RungReport) -> bool:
        """Write down what a running trial measured at a rung; whether it is to stop there. A rung
        that it reported before is answered as it was then."""
        running = self._running.get(trial)
        if running is None:
            return False
        try:
            with writing_to(self._record.folder, REMEDY, DiskFailed):
                return self._rung(running, report)
        except Exception as failure:  # noqa: BLE001  the sweep raises it
            self.failure = self.failure or failure
            return False

    def _rung(self, trial: optuna.Trial, report: RungReport) -> bool:
        frozen = self._record.frozen(trial)
        before = attributes.rungs_of(frozen)
        for earlier, stops in before:
            if earlier.rung == report.rung:
                return stops
        stops = self._stopping.stops(attributes.configuration_of(frozen), report)
        attributes.note_rung(trial, before, report, stops)
        return stops

    def end(self, trial: int, report: TrialReport) -> None:
        """Write down how a trial ended; a second end of the same trial is ignored."""
        running = self._running.pop(trial, None)
        if running is None:
            return
        self._shared.end(trial)
        try:
            with writing_to(self._record.folder, REMEDY, DiskFailed):
                self._end(running, report)
        except Exception as failure:  # noqa: BLE001  the sweep raises it
            self.failure = self.failure or failure

    def _goes_on(self) -> bool:
        if self.failure is not None or self._budget.spent:
            return False
        return self.configurations.remaining() > 0

    def _started(self, proposal: Proposal) -> TrialRequest | None:
        """The trial, noted as running; None if its values are no experiment, or if it is held
        back."""
        try:
            spec = proposal.experiment(self._record)
        except BadInput as error:
            trial = self._begun(proposal, None)
            self._fail(trial, Failed(error=str(error)))
            return None
        trial = self._begun(proposal, spec)
        rungs = self._stopping.has_rungs(proposal.replicate)
        request = self._requests[trial.number] = TrialRequest(trial.number, spec, rungs)
        return self._given(request) if self._shared.start(trial.number, spec) else None

    def _given(self, request: TrialRequest) -> TrialRequest:
        """The request of a trial that starts now."""
        trial = self._running[request.trial] = self._record.trial(request.trial)
        try:
            self._tell(trial)
        except Exception:
            del self._running[request.trial]  # it will not be run, so nothing must wait for it
            self._shared.end(request.trial)
            raise
        return request

    def _begun(self, proposal: Proposal, spec: ExperimentSpec | None) -> optuna.Trial:
        if proposal.trial is not None:
            return self._record.trial(proposal.trial)
        facts = attributes.of_start(spec, proposal.configuration, proposal.replicate)
        trial = self._record.begin(proposal.values, facts)
        found = self.configurations.take(self._record.frozen(trial))
        if found is not None and proposal.configuration is None:
            self._proposals.begun(found)
        return trial

    def _end(self, trial: optuna.Trial, report: TrialReport) -> None:
        if isinstance(report, Waiting):
            self._hold(trial.number, report)
            return
        self._requests.pop(trial.number, None)
        if isinstance(report, Failed):
            if not self._given_again(trial, report):
                self._fail(trial, report)
            return
        if isinstance(report, Stopped):
            self._prune(trial, report)
            return
        metrics = means(report.measurements)
        objectives = self._record.spec.objectives
        constraints = self._record.spec.constraints
        if reason := unusable(objectives, metrics) or unmeasured(constraints, metrics):
            self._fail(trial, Failed(error=reason, seconds=report.seconds))
            return
        self._finish(trial, report, [metrics[objective.metric] for objective in objectives])

    def _hold(self, trial: int, report: Waiting) -> None:
        """Run it again once the stage is free; the journal has it as RUNNING all the while."""
        is_free = self._store.watch(report.kind, report.identity) if self._store else at_once
        self._shared.hold(trial, self._requests[trial].spec, is_free)

    def _finish(self, trial: optuna.Trial, report: Finished, values: list[float]) -> None:
        attributes.note_finish(trial, report)
        measured = means(report.measurements)
        for constraint, by in violations(self._record.spec.constraints, measured).items():
            trial.set_constraint(constraint, by)
        self._study.tell(trial, values, skip_if_finished=True)
        self._tell(trial)

    def _prune(self, trial: optuna.Trial, report: Stopped) -> None:
        """Its values at rungs are attributes; Optuna takes them as its own of one objective."""
        attributes.note_stop(trial, report)
        if len(self._record.spec.objectives) == 1:
            for rung, (value,) in rung_values(
                self._record.spec.objectives, self._record.frozen(trial)
            ):
                trial.report(value, rung)
        self._study.tell(trial, state=TrialState.PRUNED, skip_if_finished=True)
        self._tell(trial)

    def _given_again(self, trial: optuna.Trial, report: Failed) -> bool:
        """Whether the trial was only lost, and is to run again; it stays RUNNING in the journal, so
        that the next sweep finds it if this one is killed first."""
        losses = attributes.losses_of(self._record.frozen(trial))
        if report.reason is None or not self._record.spec.retry.allows([*losses, report.reason]):
            return False
        attributes.note_loss(trial, report)
        lost = self._record.frozen(trial)
        self._proposals.again(lost)
        self._nothing_to_give = False
        self._on_trial(lost)
        return True

    def _fail(self, trial: optuna.Trial, report: Failed) -> None:
        attributes.note_failure(trial, report)
        self._study.tell(trial, state=TrialState.FAIL, skip_if_finished=True)
        self._budget.take_failure()
        if report.bad_input and self.configurations.complete == 0:
            # Images that cannot be read fail every trial alike: say so once, and at once.
            self.failure = self.failure or BadInput(report.error)
        self._tell(trial)

    def _tell(self, trial: optuna.Trial) -> None:
        """Tell those who keep count, and those who watch, how the trial stands now."""
        frozen = self._record.frozen(trial)
        found = self.configurations.take(frozen)
        if found is not None:
            self._proposals.told(found)
        self._spend(frozen, found)
        self._on_trial(frozen)

    def _spend(self, trial: FrozenTrial, configuration: Configuration | None) -> None:
        """Note what the trial took."""
        if self._budget.ledger is not None:
            self._budget.ledger.take(trial, configuration)
            self._look_ahead()

    def _look_ahead(self) -> None:
        """End a search that is unlikely to give more, if the study asks for that."""
        ledger = self._budget.ledger
        if ledger is not None and ledger.ends_search(self.configurations):
            self.configurations.end_search()
