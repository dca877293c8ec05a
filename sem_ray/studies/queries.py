"""What the records say: the best trial, and how all of them stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from optuna.trial import FrozenTrial, TrialState

from sem_ray.errors import BadInput, WorkFailed
from sem_ray.metrics.measurement import Measurement, means
from sem_ray.spec import ExperimentSpec
from sem_ray.store import Store
from sem_ray.studies.definition.configuration import configuration
from sem_ray.studies.definition.objective import Objective, not_dominated
from sem_ray.studies.journal import trial_attributes as attributes
from sem_ray.studies.journal.storage import StudyRecord, is_running, load_study
from sem_ray.studies.recording.trial_runs import StudyRuns

RowState = Literal["complete", "failed", "running", "interrupted"]


@dataclass(frozen=True)
class Best:
    """The best finished trial of a study, by its first objective if it has several."""

    study: str
    trial: int
    objectives: tuple[Objective, ...]
    measurements: tuple[Measurement, ...]
    spec: ExperimentSpec

    @property
    def configuration(self) -> Mapping[str, Any]:
        """What of `spec` carries over to other images."""
        return configuration(self.spec)

    @property
    def metrics(self) -> Mapping[str, float]:
        """The measurements by key; of replicates, their mean."""
        return means(self.measurements)

    @property
    def metric(self) -> str:
        """The key of the first objective."""
        return self.objectives[0].metric

    @property
    def value(self) -> float:
        """Of the first objective."""
        return self.metrics[self.metric]


@dataclass(frozen=True)
class TrialRow:
    """How one trial stands."""

    trial: int
    state: RowState
    values: Mapping[str, Any]
    """The searched settings."""
    value: float | None
    """Of the study's first objective; None unless complete."""
    measurements: tuple[Measurement, ...]
    """Empty unless complete."""
    error: str | None
    seconds: float | None

    @property
    def metrics(self) -> Mapping[str, float]:
        """The measurements by key; of replicates, their mean."""
        return means(self.measurements)


@dataclass(frozen=True)
class StudyStatus:
    """How a study stands."""

    study: str
    objectives: tuple[Objective, ...]
    trials: int
    """Finished trials it was last asked to reach."""
    running: bool
    """Whether a sweep is working on it now."""
    rows: tuple[TrialRow, ...]

    @property
    def complete(self) -> int:
        return sum(row.state == "complete" for row in self.rows)

    @property
    def leaders(self) -> tuple[int, ...]:
        """The finished trials that no other one beats in all objectives."""
        done = {row.trial: row.metrics for row in self.rows if row.state == "complete"}
        return not_dominated(self.objectives, done)


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
        return _best(record, trials[_leader(record, trials)])
    runs = StudyRuns(store, record)
    running = is_running(store, name)
    # Read again: connecting takes seconds, in which a sweep may have ended what was running.
    trials = record.study.get_trials(deepcopy=False)
    live = {trial.number for trial in trials if running}
    runs.reconcile(trials, live, sweeping=running)
    if (number := runs.best()) is None:
        raise WorkFailed(f"MLflow lost the finished runs of study {name} just now; ask again")
    # Read once more: a running sweep may have finished this trial since.
    return _best(record, record.study.get_trials(deepcopy=False)[number])


def _leader(record: StudyRecord, trials: Sequence[FrozenTrial]) -> int:
    """The trial that MLflow would put first: by its objectives one after the other, then by age."""
    done = [trial for trial in trials if trial.state == TrialState.COMPLETE]
    objectives = record.spec.objectives
    costs = {t.number: [o.cost(attributes.metrics_of(t)) for o in objectives] for t in done}
    return min(costs, key=lambda number: (costs[number], number))


def _best(record: StudyRecord, trial: FrozenTrial) -> Best:
    return Best(
        study=record.spec.name,
        trial=trial.number,
        objectives=record.spec.objectives,
        measurements=attributes.measurements_of(trial),
        spec=ExperimentSpec.model_validate_json(trial.user_attrs[attributes.SPEC]),
    )


def status(store: Store, name: str) -> StudyStatus:
    """Every trial, as Optuna's journal has it. Raises `BadInput` for an unknown study."""
    record = load_study(store, name)
    running = is_running(store, name)
    trials = record.study.get_trials(deepcopy=False)
    rows = tuple(_row(trial, running) for trial in trials if trial.state != TrialState.WAITING)
    spec = record.spec
    return StudyStatus(spec.name, spec.objectives, spec.trials, running, rows)


def _row(trial: FrozenTrial, running: bool) -> TrialRow:
    states: dict[TrialState, RowState] = {
        TrialState.COMPLETE: "complete",
        TrialState.FAIL: "failed",
    }
    done = trial.state == TrialState.COMPLETE
    return TrialRow(
        trial=trial.number,
        state=states.get(trial.state, "running" if running else "interrupted"),
        values=trial.params,
        value=trial.values[0] if done else None,
        measurements=attributes.measurements_of(trial),
        error=trial.user_attrs.get(attributes.ERROR),
        seconds=attributes.seconds_of(trial),
    )
