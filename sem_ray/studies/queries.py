"""What the records say: the best trial, and how all of them stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from optuna.trial import FrozenTrial, TrialState

from sem_ray.errors import BadInput
from sem_ray.metrics.measurement import Measurement, means
from sem_ray.spec import ExperimentSpec
from sem_ray.store import Store
from sem_ray.studies.comparison import Comparison, compare
from sem_ray.studies.configuration_rows import ConfigurationRow, by_configuration
from sem_ray.studies.definition.configuration import configuration, shortest
from sem_ray.studies.definition.constraints import Constraint, broken
from sem_ray.studies.definition.objective import Objective, not_dominated
from sem_ray.studies.definition.retry import Reason
from sem_ray.studies.feasibility import any_feasible, require_feasible
from sem_ray.studies.journal import trial_attributes as attributes
from sem_ray.studies.journal.configurations import Configuration, Configurations
from sem_ray.studies.journal.live import LiveSweep, LiveTrial, read_live
from sem_ray.studies.journal.storage import StudyRecord, is_running, load_study

RowState = Literal["complete", "stopped", "failed", "skipped", "running", "interrupted"]


@dataclass(frozen=True)
class Best:
    """The best configuration of a study, by its first objective if it has several."""

    study: str
    trial: int
    """The number of its configuration: that of the trial that ran it first."""
    objectives: tuple[Objective, ...]
    measurements: tuple[Measurement, ...]
    """Of that trial. Of a winner over several seeds, those of the runs that had no part in the
    choice, or until all of them are finished of those that chose it."""
    spec: ExperimentSpec
    comparison: Comparison | None = None
    """With the other configurations; None until they have run with several seeds."""

    @property
    def configuration(self) -> Mapping[str, Any]:
        """What of `spec` carries over to other images."""
        return configuration(self.spec)

    @property
    def settings(self) -> Mapping[str, Any]:
        """The same as a settings file of few lines: a preset, and what differs from it."""
        return shortest(self.spec)

    @property
    def metrics(self) -> Mapping[str, float]:
        """The measurements by key; of replicates, their mean."""
        return means(self.measurements)

    @property
    def metric(self) -> str:
        """The key of the first objective."""
        return self.objectives[0].metric

    @property
    def values(self) -> tuple[float, ...]:
        """Of the first objective, one for each seed."""
        return tuple(m.value for m in self.measurements if m.key == self.metric)

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
    """The trial that ran its settings first, which may be itself."""
    seed: int | None
    """Of its experiment; None if it never began."""
    broken: tuple[str, ...] = ()
    """The constraints that it does not keep to by itself; its configuration is judged by means."""
    losses: tuple[Reason, ...] = ()
    """Why it was lost, each time that it was given out again."""
    imported: str | None = None
    """The study and the trial it was taken over from."""
    live: LiveTrial | None = None
    """What it does at the moment; None unless it runs, and until it has reported."""

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
    """Finished trials it was last asked to reach, at most: all seeds of all configurations."""
    running: bool
    """Whether a sweep is working on it now."""
    rows: tuple[TrialRow, ...]
    comparison: Comparison | None = None
    """Of the configurations; None until they have run with several seeds."""
    constraints: tuple[Constraint, ...] = ()
    feasible: bool = True
    """Whether any configuration with a finished run keeps to the constraints, without which the
    study has no winner."""

    @property
    def complete(self) -> int:
        """Trials that ran to their end."""
        return sum(row.state == "complete" for row in self.rows)

    @property
    def stopped(self) -> int:
        """Trials that were stopped at a rung."""
        return sum(row.state == "stopped" for row in self.rows)

    @cached_property
    def configurations(self) -> tuple[ConfigurationRow, ...]:
        """The trials by configuration."""
        return by_configuration(self.rows)

    @cached_property
    def leading(self) -> tuple[int, ...]:
        """The configuration that leads after several seeds; until then, those whose means no other
        one beats in all objectives."""
        if self.comparison is not None:
            return (self.comparison.winner.trial,)
        means = {r.configuration: r.means for r in self.configurations if r.seeds and not r.broken}
        return not_dominated(self.objectives, means)

    @property
    def leaders(self) -> tuple[int, ...]:
        """The finished trials of the one that leads after several seeds; until then, the first runs
        that no other one beats in all objectives."""
        done = [row for row in self.rows if row.state == "complete"]
        if self.comparison is not None:
            winner = self.comparison.winner.trial
            return tuple(row.trial for row in done if row.configuration == winner)
        first = [row for row in done if row.configuration == row.trial and not row.broken]
        searched = {row.trial: row.metrics for row in first}
        return not_dominated(self.objectives, searched)


def best(store: Store, name: str) -> Best:
    """The best configuration, as the journal has it: of a study with replicates the one with the
    best mean, of any other the trial with the best objectives, one after the other.

    Raises `BadInput` for an unknown study, or one without a finished trial that keeps to its
    constraints.
    """
    record = load_study(store, name)
    trials = record.study.get_trials(deepcopy=False)
    if not any(trial.state == TrialState.COMPLETE for trial in trials):
        raise BadInput(
            f"study {name} has no finished trial yet; run `sem-ray sweep` with its search file, "
            f"and see `sem-ray status {name}`"
        )
    if record.spec.replicates is not None or record.spec.constraints:
        return _chosen(record)
    return _best(record, trials[_leader(record, trials)])


def _leader(record: StudyRecord, trials: Sequence[FrozenTrial]) -> int:
    """The finished trial that comes first: by its objectives one after the other, then by age."""
    done = [trial for trial in trials if trial.state == TrialState.COMPLETE]
    objectives = record.spec.objectives
    costs = {t.number: [o.cost(attributes.metrics_of(t)) for o in objectives] for t in done}
    return min(costs, key=lambda number: (costs[number], number))


def _chosen(record: StudyRecord) -> Best:
    """The winner of the race; until it is over the one that leads, and until the search is over the
    best mean there is."""
    configurations = record.configurations()
    comparison = compare(configurations)
    if comparison is None:
        leader = min(
            _begun(configurations), key=lambda one: (_mean(configurations, one), one.number)
        )
        return _best(record, leader.first, _choosing(configurations, leader))
    winner = configurations[comparison.winner.trial]
    fresh = configurations.spec.runs_each.confirming
    confirmed = [winner.runs[n].trial for n in fresh if n in winner.runs]
    runs = confirmed if comparison.estimate else _choosing(configurations, winner)
    return _best(record, winner.first, runs, comparison)


def _begun(configurations: Configurations) -> list[Configuration]:
    """Those with every seed of the search, or if there is none those with any run, that keep to the
    constraints. Raises `BadInput` if there is none."""
    begun = configurations.distinct() or [one for one in configurations if one.runs]
    return require_feasible(configurations, begun)


def _choosing(configurations: Configurations, one: Configuration) -> list[FrozenTrial]:
    """The finished runs that choose."""
    return [one.runs[n].trial for n in configurations.spec.runs_each.choosing if n in one.runs]


def _mean(configurations: Configurations, one: Configuration) -> float:
    objective = configurations.objective
    return objective.sign * one.mean(objective.metric, one.runs)


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
    configurations = record.configurations()
    spec = record.spec
    begun = (trial for trial in trials if trial.state != TrialState.WAITING)
    live = read_live(record.folder) if running else None
    skipped = frozenset(record.skipped)
    rows = tuple(_row(trial, spec.constraints, running, live, skipped) for trial in begun)
    return StudyStatus(
        study=spec.name,
        objectives=spec.objectives,
        constraints=spec.constraints,
        trials=configurations.wanted(),
        running=running,
        rows=rows,
        feasible=any_feasible(configurations),
        comparison=compare(configurations),
    )


def _row(
    trial: FrozenTrial,
    constraints: Sequence[Constraint],
    running: bool,
    live: LiveSweep | None,
    skipped: frozenset[int],
) -> TrialRow:
    done = trial.state == TrialState.COMPLETE
    now = live.of(trial.number) if live is not None else None
    return TrialRow(
        trial=trial.number,
        configuration=attributes.configuration_of(trial),
        seed=attributes.seed_of(trial) if attributes.SPEC in trial.user_attrs else None,
        state="skipped" if trial.number in skipped else _state(trial, running),
        values=trial.params,
        value=trial.values[0] if done else None,
        measurements=attributes.measurements_of(trial),
        broken=broken(constraints, attributes.metrics_of(trial)) if done else (),
        error=trial.user_attrs.get(attributes.ERROR),
        seconds=attributes.seconds_of(trial),
        losses=tuple(attributes.losses_of(trial)),
        imported=trial.user_attrs.get(attributes.IMPORTED),
        live=now,
    )


def _state(trial: FrozenTrial, running: bool) -> RowState:
    states: dict[TrialState, RowState] = {
        TrialState.COMPLETE: "complete",
        TrialState.PRUNED: "stopped",
        TrialState.FAIL: "failed",
    }
    return states.get(trial.state, "running" if running else "interrupted")
