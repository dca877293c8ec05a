"""How a study stands, as far as its journal says."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from optuna.trial import FrozenTrial, TrialState

from sem_ray.metrics.statistics import Estimate, mean_estimate
from sem_ray.studies.comparison import Comparison, compare
from sem_ray.studies.definition.objective import Objective, not_dominated
from sem_ray.studies.definition.study_spec import StudySpec
from sem_ray.studies.feasibility import is_feasible
from sem_ray.studies.journal import trial_attributes as attributes
from sem_ray.studies.journal.configurations import Configuration, Configurations

RECENT = 32
"""Finished trials whose mean time tells how long one takes."""


@dataclass(frozen=True)
class Leader:
    """The configuration that is best by the first objective."""

    configuration: int
    values: Mapping[str, Any]
    """The searched settings."""
    estimate: Estimate
    """Mean of the objective over its seeds; without an interval if it ran with one."""
    tied: int
    """Other configurations that cannot be told from it, of those that race with it."""
    decided: bool
    """Whether it has won, and does not only lead so far."""


@dataclass(frozen=True)
class RungCount:
    """How many trials reached a rung of early stopping, and how many were stopped there."""

    fraction: float
    """Of the stage's steps."""
    reached: int
    stopped: int


@dataclass(frozen=True)
class Standing:
    """What is done, what is left, and who leads."""

    study: str
    objectives: tuple[Objective, ...]
    configurations: int
    """Those of the search that are finished."""
    wanted: int
    """Configurations to finish."""
    runs: int
    """Finished trials, of all configurations and seeds."""
    runs_left: int
    """Trials still to finish, at most; those that run now included."""
    failed: int
    pruned: int
    leader: Leader | None
    front: int
    """Configurations that no other one beats in all objectives."""
    device_hours: Mapping[str, float]
    """`GPU-hours` and `core-hours` of trials that ended."""
    seconds: tuple[float, ...]
    """Of the trials that finished last."""
    rungs: tuple[RungCount, ...] = ()
    """Of trials that ended; empty without early stopping."""


@dataclass
class Tally:
    """What is counted trial by trial, each once it has ended."""

    failed: int = 0
    pruned: int = 0
    device_hours: dict[str, float] = field(default_factory=dict)
    seconds: deque[float] = field(default_factory=lambda: deque(maxlen=RECENT))
    reached: Counter[int] = field(default_factory=Counter)
    """Rung → trials."""
    stopped: Counter[int] = field(default_factory=Counter)
    _ended: set[int] = field(default_factory=set)

    def take(self, trial: FrozenTrial) -> None:
        """Note how a trial ended; others, and those noted before, change nothing."""
        if not trial.state.is_finished() or trial.number in self._ended:
            return
        self._ended.add(trial.number)
        self.failed += trial.state == TrialState.FAIL
        self.pruned += trial.state == TrialState.PRUNED
        for report, stops in attributes.rungs_of(trial):
            self.reached[report.rung] += 1
            self.stopped[report.rung] += stops
        seconds = attributes.seconds_of(trial)
        if seconds is None:
            return
        if trial.state == TrialState.COMPLETE:
            self.seconds.append(seconds)
        if (device := attributes.device_of(trial)) is not None:
            unit = "GPU-hours" if device.gpus else "core-hours"
            hours = device.device_hours(seconds)
            self.device_hours[unit] = self.device_hours.get(unit, 0.0) + hours


def standing(configurations: Configurations, tally: Tally) -> Standing:
    """How the study of `configurations` stands. Takes time in proportion to their number."""
    spec = configurations.spec
    return Standing(
        study=spec.name,
        objectives=spec.objectives,
        configurations=len(configurations.searched),
        wanted=spec.trials,
        runs=configurations.complete,
        runs_left=configurations.remaining(),
        failed=tally.failed,
        pruned=tally.pruned,
        leader=_leader(configurations),
        front=_front(configurations) if len(spec.objectives) > 1 else 0,
        device_hours=dict(tally.device_hours),
        seconds=tuple(tally.seconds),
        rungs=_rungs(spec, tally),
    )


def _rungs(spec: StudySpec, tally: Tally) -> tuple[RungCount, ...]:
    if spec.early_stopping is None:
        return ()
    return tuple(
        RungCount(fraction, tally.reached[rung], tally.stopped[rung])
        for rung, fraction in enumerate(spec.early_stopping.rungs)
    )


def _leader(configurations: Configurations) -> Leader | None:
    comparison = compare(configurations)
    if comparison is not None:
        return _of(comparison)
    if not (found := _feasible(configurations)):
        return None
    objective = configurations.objective
    best = min(found, key=lambda one: (objective.sign * _mean(one, objective), one.number))
    values = [run.metrics[objective.metric] for run in best.runs.values()]
    return Leader(best.number, best.values, mean_estimate(values), tied=0, decided=False)


def _feasible(configurations: Configurations) -> list[Configuration]:
    """Those with a finished run that keep to the constraints."""
    return [one for one in configurations if one.runs and is_feasible(configurations, one)]


def _of(comparison: Comparison) -> Leader:
    winner = comparison.winner
    return Leader(
        configuration=winner.trial,
        values=winner.values,
        estimate=comparison.estimate or winner.estimate,
        tied=len(comparison.tied),
        decided=comparison.decided,
    )


def _mean(one: Configuration, objective: Objective) -> float:
    return one.mean(objective.metric, one.runs)


def _front(configurations: Configurations) -> int:
    objectives = configurations.spec.objectives
    results = {
        one.number: {o.metric: _mean(one, o) for o in objectives}
        for one in _feasible(configurations)
    }
    return len(not_dominated(objectives, results))
