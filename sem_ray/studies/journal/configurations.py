"""A study's trials by configuration: which seeds each ran with, and what is still to run.

Kept in step with the journal trial by trial, so that nothing is read again for each of thousands.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from statistics import fmean
from typing import Any

from optuna.trial import FrozenTrial, TrialState

from sem_ray.metrics.measurement import Measurement
from sem_ray.spec import ExperimentSpec
from sem_ray.studies.definition.constraints import Constraint, violations
from sem_ray.studies.definition.objective import Objective
from sem_ray.studies.definition.study_spec import StudySpec
from sem_ray.studies.journal import trial_attributes as attributes
from sem_ray.studies.race import Race, Run, most_runs, race


@dataclass(frozen=True)
class FinishedRun:
    """One finished run of a configuration."""

    trial: FrozenTrial

    @cached_property
    def measurements(self) -> tuple[Measurement, ...]:
        return attributes.measurements_of(self.trial)

    @cached_property
    def metrics(self) -> Mapping[str, float]:
        return attributes.metrics_of(self.trial)

    @cached_property
    def seed(self) -> int:
        """Of its experiment."""
        return attributes.seed_of(self.trial)


@dataclass
class Configuration:
    """One set of searched values, and its runs by replicate."""

    first: FrozenTrial
    """The trial that ran it first, whose number is the configuration's."""
    runs: dict[int, FinishedRun] = field(default_factory=dict)
    """Finished ones by replicate, counted from 0."""
    running: dict[int, int] = field(default_factory=dict)
    """Replicate → the trial that runs it, or that was cut off with its sweep."""
    skipped: bool = False
    """Whether it is left out: not run, not counted and not ranked."""
    retried: bool = False
    """Whether it failed and was asked for again."""

    @property
    def number(self) -> int:
        return self.first.number

    @property
    def values(self) -> Mapping[str, Any]:
        """The searched settings."""
        return self.first.params

    @property
    def failed(self) -> bool:
        """Whether its first run ended without a result, so that no other one is tried."""
        return self.skipped or (self.first.state == TrialState.FAIL and not self._goes_on)

    @property
    def pruned(self) -> bool:
        """Whether it was stopped early, so that no other run of it is wanted."""
        return self.first.state == TrialState.PRUNED and not self._goes_on

    @property
    def _goes_on(self) -> bool:
        return 0 in self.runs or 0 in self.running

    @property
    def ended(self) -> int:
        """Runs that gave what they were to give."""
        return 0 if self.skipped else len(self.runs) + self.pruned

    def has(self, replicates: Iterable[int]) -> bool:
        """Whether all of these runs are finished."""
        return all(number in self.runs for number in replicates)

    def violations(
        self, constraints: Iterable[Constraint], replicates: Collection[int]
    ) -> dict[str, float]:
        """Each constraint as text → how far the means of these runs break it, above 0 if they
        do."""
        constraints = tuple(constraints)
        means = {one.metric: self.mean(one.metric, replicates) for one in constraints}
        return violations(constraints, means)

    def mean(self, key: str, replicates: Iterable[int]) -> float:
        """Of a measurement over those of these runs that are finished."""
        return fmean(self.runs[n].metrics[key] for n in replicates if n in self.runs)


class Configurations:
    """The configurations of a study, by number and in the order they were proposed in."""

    def __init__(
        self,
        spec: StudySpec,
        trials: Iterable[FrozenTrial] = (),
        skipped: Container[int] = frozenset(),
    ) -> None:
        self.spec, self._skipped = spec, skipped
        self._all: dict[int, Configuration] = {}
        self._race: Race | None = None
        self._complete = 0
        self._ended: dict[int, int] = {}
        self._searched: set[int] = set()
        self._begun: set[int] = set()
        self._retried: set[int] = set()
        self._unfinished: set[int] = set()
        for trial in trials:
            self.take(trial)

    def take(self, trial: FrozenTrial) -> Configuration | None:
        """Note how a trial stands now; its configuration, or None if it was not begun."""
        if trial.state == TrialState.WAITING:
            return None
        self._race = None
        number, replicate = key_of(trial)
        found = self._all.get(number)
        if found is None:
            found = self._all[number] = Configuration(trial, skipped=number in self._skipped)
        elif trial.number == number:
            found.first = trial
        found.retried |= attributes.RETRY_OF in trial.user_attrs
        found.running.pop(replicate, None)
        if trial.state == TrialState.RUNNING:
            found.running[replicate] = trial.number
        elif trial.state == TrialState.COMPLETE:
            found.runs[replicate] = FinishedRun(trial)
        self._count(found)
        return found

    def _count(self, found: Configuration) -> None:
        """Keep the sets that say how far the search is."""
        self._complete += found.ended - self._ended.get(found.number, 0)
        self._ended[found.number] = found.ended
        done = found.pruned or found.has(range(self.spec.runs_each.min))
        begun = not done and not found.failed
        for group, belongs in (
            (self._searched, done and not found.skipped),
            (self._begun, begun),
            (self._retried, begun and found.retried),
            (self._unfinished, bool(found.running)),
        ):
            (group.add if belongs else group.discard)(found.number)

    def __getitem__(self, number: int) -> Configuration:
        return self._all[number]

    def __iter__(self) -> Iterator[Configuration]:
        return iter(self._all.values())

    def __len__(self) -> int:
        return len(self._all)

    @property
    def objective(self) -> Objective:
        """What orders configurations: the first one."""
        return self.spec.objectives[0]

    @property
    def complete(self) -> int:
        """Finished runs of all configurations, those stopped early included."""
        return self._complete

    @property
    def searched(self) -> list[Configuration]:
        """Those that have run with every seed of the search, or were stopped early."""
        return [self._all[number] for number in sorted(self._searched)]

    @property
    def search_is_over(self) -> bool:
        return self._enough and not self._retried

    @property
    def _enough(self) -> bool:
        return len(self._searched) >= self.spec.trials

    @property
    def begun(self) -> list[Configuration]:
        """Those of the search that lack some of its seeds, oldest first; of a study that has enough
        without them, those that failed and were asked for again."""
        numbers = self._retried if self._enough else self._begun
        return [self._all[number] for number in sorted(numbers)]

    @property
    def unfinished(self) -> list[Configuration]:
        """Those that run now, or were cut off, oldest first."""
        return [self._all[number] for number in sorted(self._unfinished)]

    def end_search(self) -> None:
        """Begin no further configurations: those that are begun are all of the search."""
        begun = max(len(self._searched) + len(self._begun), 1)
        self.spec = self.spec.model_copy(update={"trials": min(begun, self.spec.trials)})
        self._race = None

    def lacks(self) -> int:
        """New configurations that the search is still to begin."""
        return max(self.spec.trials - len(self._searched) - len(self._begun), 0)

    def distinct(self) -> list[Configuration]:
        """Those that have run with every seed of the search; of equal values, the first."""
        found: dict[str, Configuration] = {}
        for one in (one for one in self.searched if not one.pruned):
            found.setdefault(repr(sorted(one.values.items())), one)
        return list(found.values())

    def race(self) -> Race | None:
        """How the race stands; None until the search is over."""
        if self._race is None and self.search_is_over:
            costs = {one.number: self._costs(one) for one in self.distinct()}
            self._race = race(costs, self.spec.runs_each, self.feasible)
        return self._race

    def feasible(self, number: int, seeds: int) -> bool:
        """Whether a configuration keeps to the constraints by its runs with the first seeds."""
        found = self._all[number].violations(self.spec.constraints, range(seeds))
        return all(by <= 0 for by in found.values())

    def _costs(self, one: Configuration) -> dict[int, tuple[float, ...]]:
        objectives = self.spec.objectives
        return {n: tuple(o.cost(run.metrics) for o in objectives) for n, run in one.runs.items()}

    def winner(self) -> Configuration | None:
        """The winner of the race; None until it is over."""
        found = self.race()
        return None if found is None or found.winner is None else self._all[found.winner]

    def missing(self) -> list[Run]:
        """Runs that may start now, of configurations that exist, in the order they are to: those
        that run already included."""
        if not self.search_is_over:
            runs = [(one.number, n) for one in self.begun for n in self._lacking(one)]
            return sorted(runs, key=lambda run: run[1]) if self.spec.by_seed else runs
        found = self.race()
        if found is None or found.missing:
            return list(found.missing) if found else []
        winner = self._all[found.winner] if found.winner is not None else None
        fresh = self.spec.runs_each.confirming
        return [(winner.number, n) for n in fresh if n not in winner.runs] if winner else []

    def _lacking(self, one: Configuration) -> list[int]:
        """The replicates that a configuration of the search lacks and may run now: the first alone
        if it may be stopped early, and all others with it."""
        if self.spec.early_stopping is not None and 0 not in one.runs:
            return [0]
        return [n for n in range(self.spec.runs_each.min) if n not in one.runs]

    def wanted(self) -> int:
        """Finished runs that the study is to have; while it is not known who runs again, as many
        as there may be."""
        return self._complete + self.remaining()

    def remaining(self) -> int:
        """Runs still to finish, at most."""
        spec = self.spec.runs_each
        if not self.search_is_over:
            unfinished = self.spec.trials - len(self._searched)
            lacking = sum(n not in one.runs for one in self.begun for n in range(spec.min))
            lacking += max(unfinished - len(self._begun), 0) * spec.min
            return lacking + most_runs(self.spec.trials, spec) - self.spec.trials * spec.min
        found = self.race()
        if found is None or not found.missing:
            return len(self.missing())
        rounds_after = spec.max - found.rounds[-1].seeds - 1
        return len(found.missing) + rounds_after * len(found.contenders) + spec.confirm


def key_of(trial: FrozenTrial) -> Run:
    """The configuration's number and the replicate's."""
    return attributes.configuration_of(trial), attributes.replicate_of(trial)


def with_seed(spec: ExperimentSpec, study: StudySpec, replicate: int) -> ExperimentSpec:
    """The experiment with the seed of that replicate."""
    return spec.model_copy(update={"seed": study.runs_each.seed(replicate, spec.seed)})
