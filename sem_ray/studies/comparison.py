"""Which configuration of a study wins, how good it is, and which others cannot be told from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sem_ray.metrics.statistics import Estimate, Verdict, mean_estimate, verdict
from sem_ray.studies.definition.objective import Objective
from sem_ray.studies.journal.configurations import Configuration, Configurations
from sem_ray.studies.race import Race, Round, confidence_of_verdicts


@dataclass(frozen=True)
class Contender:
    """A configuration that ran with several seeds, beside the leader."""

    trial: int
    """The configuration's number: that of the trial that ran it first."""
    values: Mapping[str, Any]
    """The searched settings."""
    seeds: tuple[int, ...]
    """With which it was compared."""
    estimate: Estimate
    """Mean of the objective over them."""
    difference: Estimate | None
    """Its objective minus the leader's, over seeds that both ran with; None for the leader itself.
    The spread is that of all configurations of the round (`metrics.statistics.Blocks`); the
    interval is 95% for all rounds of the race together."""
    verdict: Verdict | None
    """What the difference says of it; None for the leader itself."""


@dataclass(frozen=True)
class Comparison:
    """What the seeds of a study say of its configurations."""

    objective: Objective
    contenders: tuple[Contender, ...]
    """The leader first, then by their means; each ran with at least two seeds."""
    decided: bool
    """Whether the race is over, so that the leader is the winner."""
    estimate: Estimate | None
    """Mean of the winner's objective over `estimated_by`; None until those runs are finished."""
    estimated_by: tuple[int, ...]
    """Seeds that had no part in the choice."""
    not_compared: int
    """Configurations that ran with one seed only."""

    @property
    def winner(self) -> Contender:
        """The winner, or who leads until it is decided."""
        return self.contenders[0]

    @property
    def others(self) -> tuple[Contender, ...]:
        return self.contenders[1:]

    @property
    def tied(self) -> tuple[Contender, ...]:
        """The others that cannot be told from the winner."""
        return tuple(one for one in self.others if one.verdict == "cannot be told apart")


def compare(configurations: Configurations) -> Comparison | None:
    """What the finished runs say; None until configurations have run with at least two seeds."""
    race = configurations.race()
    if race is None or not race.rounds or race.rounds[-1].seeds < 2:
        return None
    leader = race.rounds[-1].contenders[0]
    found = [_beside(configurations, race, number, leader) for number in race.rounds[0].contenders]
    compared = [one for one in found if one is not None]
    compared.sort(key=lambda one: (one.trial != leader, _cost(configurations, one), one.trial))
    confirmed = _confirmed(configurations, configurations[leader]) if not race.missing else []
    return Comparison(
        objective=configurations.objective,
        contenders=tuple(compared),
        decided=not race.missing,
        estimate=mean_estimate([value for _, value in confirmed]) if confirmed else None,
        estimated_by=tuple(seed for seed, _ in confirmed),
        not_compared=len(found) - len(compared),
    )


def leading(configurations: Configurations) -> int | None:
    """The number of the configuration that leads after several seeds; None until then."""
    comparison = compare(configurations)
    return None if comparison is None else comparison.winner.trial


def _cost(configurations: Configurations, one: Contender) -> float:
    return configurations.objective.sign * one.estimate.value


def _confirmed(configurations: Configurations, winner: Configuration) -> list[tuple[int, float]]:
    """(seed, value) of the runs that had no part in the choice; empty until all are finished."""
    fresh = configurations.spec.runs_each.confirming
    if not winner.has(fresh):
        return []
    runs = (winner.runs[number] for number in fresh)
    return [(run.seed, run.metrics[configurations.objective.metric]) for run in runs]


def _beside(
    configurations: Configurations, race: Race, number: int, leader: int
) -> Contender | None:
    """A configuration as it stood in its last round; None if that had one seed."""
    found = race.last_round_of(number)
    if found is None or found.seeds < 2:
        return None
    one, objective = configurations[number], configurations.objective
    runs = [one.runs[replicate] for replicate in range(found.seeds)]
    difference = None
    if number != leader:
        confidence = confidence_of_verdicts(configurations.spec.runs_each)
        difference = _difference(found, number, leader, objective, confidence)
    return Contender(
        trial=number,
        values=one.values,
        seeds=tuple(run.seed for run in runs),
        estimate=mean_estimate([run.metrics[objective.metric] for run in runs]),
        difference=difference,
        verdict=verdict(difference, objective.direction) if difference else None,
    )


def _difference(
    found: Round, number: int, leader: int, objective: Objective, confidence: float
) -> Estimate:
    """In the objective's own direction; the race computes with costs."""
    rows = found.contenders.index(number), found.contenders.index(leader)
    cost = found.blocks[0].difference(*rows, confidence)
    if objective.sign > 0:
        return cost
    return Estimate(-cost.value, -cost.high, -cost.low, cost.samples)
