"""What a trial is in MLflow: one run, found by its tag, under the run of its study."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Container, Iterable, Iterator

from optuna.trial import FrozenTrial, TrialState

from sem_ray.metrics.measurement import means
from sem_ray.progress import Progress
from sem_ray.records.runs import NOTE_TAG, ParentRun, Run, RunWriter, Status, leaves
from sem_ray.store import Store
from sem_ray.studies.definition.study_spec import StudySpec
from sem_ray.studies.journal import trial_attributes as attributes
from sem_ray.studies.journal.storage import StudyRecord

TRIAL_TAG = "sem_ray.trial"
STUDY_TAG = "sem_ray.study"
KEY_TAG = "sem_ray.study_key"
SPEC_TAG = "sem_ray.spec"
NOISE_TAG = "sem_ray.noise_identity"
ERROR_TAG = "sem_ray.error"
CONFIGURATION_TAG = "sem_ray.configuration"
REPLICATE_TAG = "sem_ray.replicate"
PRUNED_TAG = "sem_ray.pruned_at"
"""Of a trial that was stopped at a rung: the rung, as a fraction of the stage's steps."""
ATTEMPTS_TAG = "sem_ray.attempts"
"""How often a trial was given out, if it was lost on the way."""

ORDERS = {"minimize": "ASC", "maximize": "DESC"}


class StudyRuns:
    """The runs of one study. Every method raises `TrackingFailed` if MLflow fails."""

    def __init__(self, store: Store, record: StudyRecord) -> None:
        self._spec = spec = record.spec
        tags = {STUDY_TAG: spec.name, NOTE_TAG: spec.hypothesis}
        self._runs = RunWriter(store, ParentRun(spec.name, KEY_TAG, record.key, tags), TRIAL_TAG)

    def write(self, trial: FrozenTrial, *, live: bool) -> None:
        """Bring the trial's run in line with it. `live`: it is being worked on right now."""
        self._runs.write(self._run(trial, live))

    def watch(self, trial: int, progress: Progress) -> None:
        """Add how a running trial stands to its run."""
        self._runs.watch(self._key(trial), watched(progress), progress.done)

    def reconcile(
        self,
        trials: Iterable[FrozenTrial],
        live: Container[int],
        *,
        sweeping: bool,
        alive: Callable[[], None] = lambda: None,
    ) -> None:
        """Exactly one run for each trial, in its state, and nothing RUNNING that is not. `alive`
        is called between two runs."""
        known = [trial for trial in trials if trial.state != TrialState.WAITING]
        ended = all(trial.state.is_finished() for trial in known)
        status: Status = "RUNNING" if sweeping else "FINISHED" if ended else "KILLED"
        self._runs.reconcile(self._each(known, live, alive), status)

    def delete(self) -> int:
        """Delete the study's run and those of its trials; how many there were."""
        return self._runs.delete()

    def best(self) -> int | None:
        """The finished trial that meets the first objective best, ordered by the server; of equal
        ones the next objective decides, then age."""
        order = [f"metrics.`{o.metric}` {ORDERS[o.direction]}" for o in self._spec.objectives]
        key = self._runs.first(order)
        return None if key is None else int(key.removeprefix(self._key("")))

    def _each(
        self, trials: Iterable[FrozenTrial], live: Container[int], alive: Callable[[], None]
    ) -> Iterator[Run]:
        for trial in trials:
            alive()
            yield self._run(trial, trial.number in live)

    def _run(self, trial: FrozenTrial, live: bool) -> Run:
        spec = json.loads(trial.user_attrs.get(attributes.SPEC, "{}"))
        return Run(
            key=self._key(trial.number),
            status=_status(trial, live),
            started=trial.datetime_start,
            ended=trial.datetime_complete,
            metrics=numbers(trial) | at_rungs(self._spec, trial),
            params=leaves(spec),
            tags={STUDY_TAG: self._spec.name, **_tags(trial), **_pruned(self._spec, trial)},
        )

    def _key(self, trial: int | str) -> str:
        return f"{self._spec.name}/{trial}"


def _status(trial: FrozenTrial, live: bool) -> Status:
    ended: dict[TrialState, Status] = {
        TrialState.COMPLETE: "FINISHED",
        TrialState.PRUNED: "FINISHED",
        TrialState.FAIL: "FAILED",
    }
    return ended.get(trial.state, "RUNNING" if live else "KILLED")


def numbers(trial: FrozenTrial) -> dict[str, float]:
    """What the run shows as metrics: accuracies in %, durations in seconds."""
    seconds = attributes.seconds_of(trial)
    return attributes.metrics_of(trial) | ({} if seconds is None else {"seconds": seconds})


def at_rungs(spec: StudySpec, trial: FrozenTrial) -> dict[str, float]:
    """What it measured on its way, as `rung 0.25/test_accuracy_at_4`."""
    fractions = spec.early_stopping.rungs if spec.early_stopping else ()
    return {
        f"rung {fractions[report.rung]:g}/{key}": value
        for report, _ in attributes.rungs_of(trial)
        for key, value in means(report.measurements).items()
    }


def _pruned(spec: StudySpec, trial: FrozenTrial) -> dict[str, str]:
    rung = attributes.pruned_at(trial)
    if rung is None or spec.early_stopping is None:
        return {}
    return {PRUNED_TAG: f"{spec.early_stopping.rungs[rung]:g}"}


def watched(progress: Progress) -> dict[str, float]:
    """A running trial's metrics, by stage and actor: `noise/step`, `noise/loss`,
    `noise/actor 0/images_per_second`, `noise/restarts`."""
    stage = re.sub(r"[^\w\-. /]", "_", progress.stage)
    metrics = {"step": float(progress.done), **progress.metrics}
    if progress.workers:
        metrics["restarts"] = float(progress.restarts)
    metrics |= {f"{worker.name}/images_per_second": worker.rate for worker in progress.workers}
    return {f"{stage}/{name}": value for name, value in metrics.items()}


def _tags(trial: FrozenTrial) -> dict[str, str]:
    names = {
        SPEC_TAG: attributes.SPEC,
        NOISE_TAG: attributes.NOISE,
        ERROR_TAG: attributes.ERROR,
        CONFIGURATION_TAG: attributes.CONFIGURATION,
        REPLICATE_TAG: attributes.REPLICATE,
    }
    found = {tag: trial.user_attrs.get(name) for tag, name in names.items()}
    if (attempt := attributes.attempt_of(trial)) > 1:
        found[ATTEMPTS_TAG] = attempt
    return {tag: str(value) for tag, value in found.items() if value is not None}
