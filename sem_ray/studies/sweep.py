"""A sweep, from its first proposal to its last record."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from optuna.trial import FrozenTrial, TrialState
from ray import tune
from ray.exceptions import RayError
from ray.tune.error import TuneError

from sem_ray.cluster.placement import live_nodes, refuse_what_never_fits, trial_bundles
from sem_ray.cluster.session import OBJECT_STORE, known_nodes, object_store, ray_session
from sem_ray.errors import WorkFailed
from sem_ray.stages import run_experiment
from sem_ray.store import Store
from sem_ray.studies import attributes, events
from sem_ray.studies.events import OnEvent, TrialEvent, TrialProgress, Warned
from sem_ray.studies.mlflow_store import refuse_unusable_address
from sem_ray.studies.planning import target_of
from sem_ray.studies.sampling import sampler_for
from sem_ray.studies.search_space import StudySpec
from sem_ray.studies.searcher import StudySearcher
from sem_ray.studies.storage import StudyRecord, open_study, sweeping
from sem_ray.studies.tracking import Records
from sem_ray.studies.trial import Experiment, TrialSetting, one_line, run_trial

RAY_FOLDER = "ray"
"""Tune's scratch inside the study's folder; it is no record, and goes when the sweep ends."""

TRIAL = "a trial"
IMAGES = 500_000_000
"""Bytes of images that trials on actors are given shared memory for; more goes through the disk."""


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

    @property
    def ok(self) -> bool:
        return not self.failed and self.complete >= self.target


def run_sweep(
    spec: StudySpec,
    store: Store,
    *,
    trials: int | None = None,
    on_event: OnEvent = events.unheard,
    experiment: Experiment = run_experiment,
) -> SweepResult:
    """Run `spec` until `trials` of its trials are finished, going on where an earlier sweep was.

    A failed trial is replaced and reported in the result. Raises `BadInput` where the study is
    being swept, searches something else than before, or does not fit the machine; `WorkFailed`
    where the work could not go on or MLflow lacks some of it.
    """
    start = time.monotonic()
    target = target_of(spec, trials)
    if (nodes := known_nodes()) is not None:
        refuse_what_never_fits(trial_bundles(spec.resources), nodes, TRIAL)
    refuse_unusable_address(store)
    with sweeping(store, spec.name):
        record = open_study(store, spec.model_copy(update={"trials": target}), sampler_for(spec))
        sweep = _Sweep(record, store, target, on_event)
        sweep.run(experiment)
    failed = tuple(sweep.failed)
    return SweepResult(spec.name, sweep.complete, target, failed, time.monotonic() - start)


@dataclass
class _Sweep:
    """What the callbacks of one sweep share."""

    record: StudyRecord
    store: Store
    target: int
    on_event: OnEvent
    failed: list[FailedTrial] = field(default_factory=list)

    def run(self, experiment: Experiment) -> None:
        self._records = Records(self.store, self.record, lambda text: self.on_event(Warned(text)))
        self._records.begin()
        try:
            if self.complete < self.target:
                self._search(experiment)
        except BaseException:
            self._records.settle()
            raise
        self._records.end()

    @property
    def complete(self) -> int:
        study = self.record.study
        return len(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)))

    def _search(self, experiment: Experiment) -> None:
        wanted = self.record.spec.resources
        memory = object_store(IMAGES) if wanted.actors else OBJECT_STORE
        with ray_session(memory=memory), self._scratch():
            room = refuse_what_never_fits(trial_bundles(wanted), live_nodes(), TRIAL)
            concurrency = min(room, self.record.spec.concurrency or room)
            self._searcher = StudySearcher(
                self.record, self.target, concurrency, self._on_trial, self._on_progress
            )
            self._fit(experiment)
        if self._searcher.failure is not None:
            raise self._searcher.failure

    def _fit(self, experiment: Experiment) -> None:
        wanted = self.record.spec.resources
        setting = TrialSetting(experiment, self.store.root, wanted)
        strategy = wanted.actors.strategy if wanted.actors else "PACK"
        bundles = tune.PlacementGroupFactory(trial_bundles(wanted), strategy=strategy)
        trainable = tune.with_resources(partial(run_trial, setting=setting), bundles)
        tuner = tune.Tuner(
            trainable,
            tune_config=tune.TuneConfig(
                search_alg=self._searcher,
                num_samples=-1,
                reuse_actors=True,
                trial_dirname_creator=lambda trial: str(trial.trial_id),
            ),
            run_config=tune.RunConfig(
                name=RAY_FOLDER, storage_path=str(self.record.folder), verbose=0
            ),
        )
        try:
            tuner.fit()
        except (TuneError, RayError) as error:
            raise WorkFailed(f"Ray Tune stopped: {one_line(error)[:200]}") from error

    @contextmanager
    def _scratch(self) -> Iterator[None]:
        """Tune's folder, empty at first and gone at last."""
        folder = self.record.folder / RAY_FOLDER
        shutil.rmtree(folder, ignore_errors=True)
        try:
            yield
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _on_progress(self, event: TrialProgress) -> None:
        self.on_event(event)
        self._records.watch(event)

    def _on_trial(self, trial: FrozenTrial) -> None:
        error = trial.user_attrs.get(attributes.ERROR)
        if trial.state == TrialState.FAIL:
            self.failed.append(FailedTrial(trial.number, error or "unknown"))
        self.on_event(_event(trial, error, self.complete, self.target))
        self._records.note(trial, self._searcher.live)


def _event(trial: FrozenTrial, error: str | None, done: int, total: int) -> TrialEvent:
    states: dict[TrialState, events.TrialState] = {
        TrialState.RUNNING: "running",
        TrialState.COMPLETE: "complete",
        TrialState.FAIL: "failed",
    }
    return TrialEvent(
        trial=trial.number,
        state=states[trial.state],
        values=trial.params,
        done=done,
        total=total,
        measurements=attributes.measurements_of(trial),
        error=error,
        seconds=attributes.seconds_of(trial),
    )
