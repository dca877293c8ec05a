"""What the records say: the best trial, and how all of them stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from optuna.trial import FrozenTrial, TrialState

from sem_ray.errors import BadInput, WorkFailed
from sem_ray.pipeline import metric_names
from sem_ray.spec import ExperimentSpec
from sem_ray.store import Store
from sem_ray.studies.definition.distributions import Direction
from sem_ray.studies.journal import trial_attributes as attributes
from sem_ray.studies.journal.storage import StudyRecord, is_running, load_study
from sem_ray.studies.recording.trial_runs import SPEC_TAG, TRIAL_TAG, StudyRuns, metric_key

RowState = Literal["complete", "failed", "running", "interrupted"]


@dataclass(frozen=True)
class Best:
    """The best finished trial of a study."""

    study: str
    trial: int
    metric: str
    value: float
    metrics: Mapping[str, float]
    """Accuracies in %, durations in seconds."""
    spec: ExperimentSpec


@dataclass(frozen=True)
class TrialRow:
    """How one trial stands."""

    trial: int
    state: RowState
    values: Mapping[str, Any]
    """The searched settings."""
    value: float | None
    """Of the study's metric."""
    metrics: Mapping[str, float]
    error: str | None
    seconds: float | None


@dataclass(frozen=True)
class StudyStatus:
    """How a study stands."""

    study: str
    metric: str
    direction: Direction
    trials: int
    """Finished trials it was last asked to reach."""
    running: bool
    """Whether a sweep is working on it now."""
    rows: tuple[TrialRow, ...]

    @property
    def complete(self) -> int:
        return sum(row.state == "complete" for row in self.rows)


def best(store: Store, name: str) -> Best:
    """The best trial, as MLflow orders them once its runs are in line with the study, or as the
    study itself does if nothing can be written to the store.

    Raises `BadInput` for an unknown study or one without a finished trial.
    """
    record = load_study(store, name)
    trials = record.study.get_trials(deepcopy=False)
    if not any(trial.state == TrialState.COMPLETE for trial in trials):
        raise BadInput(
            f"study {name} has no finished trial yet; run `sem-ray sweep` with its search file, "
            f"and see `sem-ray status {name}`"
        )
    if not store.writable():
        return _best_of_study(record, trials)
    runs = StudyRuns(store, record)
    running = is_running(store, name)
    # Read again: connecting takes seconds, in which a sweep may have ended what was running.
    trials = record.study.get_trials(deepcopy=False)
    live = {trial.number for trial in trials if running}
    runs.reconcile(trials, live, sweeping=running)
    if (run := runs.best()) is None:
        raise WorkFailed(f"MLflow lost the finished runs of study {name} just now; ask again")
    return _best(record, run)


def _best_of_study(record: StudyRecord, trials: Sequence[FrozenTrial]) -> Best:
    """The finished trial with the best value; ties go to the older."""
    sign = 1 if record.spec.direction == "minimize" else -1
    values = {trial.number: trial.value for trial in trials if trial.state == TrialState.COMPLETE}
    done = {number: value for number, value in values.items() if value is not None}
    number = min(done, key=lambda number: (sign * done[number], number))
    spec = ExperimentSpec.model_validate_json(trials[number].user_attrs[attributes.SPEC])
    metrics = attributes.metrics_of(trials[number])
    known = {name: metrics[name] for name in metric_names(spec)}
    return Best(record.spec.name, number, record.spec.metric, done[number], known, spec)


def _best(record: StudyRecord, run: Any) -> Best:
    spec = ExperimentSpec.model_validate_json(run.data.tags[SPEC_TAG])
    recorded = run.data.metrics
    known = {name: recorded[metric_key(name)] for name in metric_names(spec)}
    metric = record.spec.metric
    number = int(run.data.tags[TRIAL_TAG].rpartition("/")[2])
    return Best(record.spec.name, number, metric, known[metric], known, spec)


def status(store: Store, name: str) -> StudyStatus:
    """Every trial, as Optuna's journal has it. Raises `BadInput` for an unknown study."""
    record = load_study(store, name)
    running = is_running(store, name)
    trials = record.study.get_trials(deepcopy=False)
    rows = tuple(_row(trial, running) for trial in trials if trial.state != TrialState.WAITING)
    spec = record.spec
    return StudyStatus(spec.name, spec.metric, spec.direction, spec.trials, running, rows)


def _row(trial: FrozenTrial, running: bool) -> TrialRow:
    states: dict[TrialState, RowState] = {
        TrialState.COMPLETE: "complete",
        TrialState.FAIL: "failed",
    }
    return TrialRow(
        trial=trial.number,
        state=states.get(trial.state, "running" if running else "interrupted"),
        values=trial.params,
        value=trial.value if trial.state == TrialState.COMPLETE else None,
        metrics=attributes.metrics_of(trial),
        error=trial.user_attrs.get(attributes.ERROR),
        seconds=attributes.seconds_of(trial),
    )
