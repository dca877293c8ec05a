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
from sem_ray.studies.comparison import Comparison, compare
from sem_ray.studies.definition.configuration import configuration
from sem_ray.studies.definition.objective import Objective, not_dominated
from sem_ray.studies.journal import trial_attributes as attributes
from sem_ray.studies.journal.replicates import Rounds, wanted
from sem_ray.studies.journal.storage import StudyRecord, is_running, load_study
from sem_ray.studies.recording.trial_runs import StudyRuns

RowState = Literal["complete", "failed", "running", "interrupted"]


@dataclass(frozen=True)
class Best:
    """The best configuration of a study, by its first objective if it has several."""

    study: str
    trial: int
    """The search's trial that proposed it."""
    objectives: tuple[Objective, ...]
    measurements: tuple[Measurement, ...]
    """Of that trial. Of a winner, those of the runs that had no part in the choice, or until all of
    them are finished of those that chose it."""
    spec: ExperimentSpec
    comparison: Comparison | None = None
    """With the other finalists; None if the study has none, or not all of them have run."""

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
    configuration: int
    """The search's trial that proposed its settings, which may be itself."""
    seed: int | None
    """Of its experiment; None if it never began."""

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
    """Finished trials it was last asked to reach, those that finalists run again included."""
    running: bool
    """Whether a sweep is working on it now."""
    rows: tuple[TrialRow, ...]
    comparison: Comparison | None = None
    """Of the finalists; None if the study has none, or not all of them have run."""

    @property
    def complete(self) -> int:
        return sum(row.state == "complete" for row in self.rows)

    @property
    def leaders(self) -> tuple[int, ...]:
        """The finished trials of the winner; without one, those of the search that no other one
        beats in all objectives."""
        done = [row for row in self.rows if row.state == "complete"]
        if self.comparison is not None:
            winner = self.comparison.winner.trial
            return tuple(row.trial for row in done if row.configuration == winner)
        searched = {row.trial: row.metrics for row in done if row.configuration == row.trial}
        return not_dominated(self.objectives, searched)


def best(store: Store, name: str) -> Best:
    """The best configuration: of a study with finalists the winner among them, of any other the
    trial that MLflow orders first once its runs are in line with the study, or the study itself if
    nothing can be written to the store.

    Raises `BadInput` for an unknown study or one without a finished trial.
    """
    record = load_study(store, name)
    trials = record.study.get_trials(deepcopy=False)
    if not any(trial.state == TrialState.COMPLETE for trial in trials):
        raise BadInput(
            f"study {name} has no finished trial yet; run `sem-ray sweep` with its search file, "
            f"and see `sem-ray status {name}`"
        )
    if record.spec.finalists is not None:
        return _chosen(record, trials)
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


def _chosen(record: StudyRecord, trials: Sequence[FrozenTrial]) -> Best:
    """The winner of the finalists; until they have run, the best of the search."""
    rounds = Rounds(record.spec, trials)
    if (winner := rounds.winner()) is None:
        return _best(record, min(rounds.searched, key=rounds.cost))
    runs = rounds.confirmed(winner) or rounds.runs(winner, rounds.choosing)
    return _best(record, winner, runs, compare(record.spec, trials))


def _best(
    record: StudyRecord,
    trial: FrozenTrial,
    runs: Sequence[FrozenTrial] = (),
    comparison: Comparison | None = None,
) -> Best:
    measured = runs or (trial,)
    return Best(
        study=record.spec.name,
        trial=trial.number,
        objectives=record.spec.objectives,
        measurements=tuple(m for run in measured for m in attributes.measurements_of(run)),
        spec=ExperimentSpec.model_validate_json(trial.user_attrs[attributes.SPEC]),
        comparison=comparison,
    )


def status(store: Store, name: str) -> StudyStatus:
    """Every trial, as Optuna's journal has it. Raises `BadInput` for an unknown study."""
    record = load_study(store, name)
    running = is_running(store, name)
    trials = record.study.get_trials(deepcopy=False)
    rows = tuple(_row(trial, running) for trial in trials if trial.state != TrialState.WAITING)
    spec = record.spec
    return StudyStatus(
        study=spec.name,
        objectives=spec.objectives,
        trials=wanted(spec, trials),
        running=running,
        rows=rows,
        comparison=compare(spec, trials),
    )


def _row(trial: FrozenTrial, running: bool) -> TrialRow:
    states: dict[TrialState, RowState] = {
        TrialState.COMPLETE: "complete",
        TrialState.FAIL: "failed",
    }
    done = trial.state == TrialState.COMPLETE
    return TrialRow(
        trial=trial.number,
        configuration=attributes.configuration_of(trial),
        seed=attributes.seed_of(trial) if attributes.SPEC in trial.user_attrs else None,
        state=states.get(trial.state, "running" if running else "interrupted"),
        values=trial.params,
        value=trial.values[0] if done else None,
        measurements=attributes.measurements_of(trial),
        error=trial.user_attrs.get(attributes.ERROR),
        seconds=attributes.seconds_of(trial),
    )
