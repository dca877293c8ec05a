"""Which configurations may still be the best, and which seed each of them needs next.

Pure: from the costs of finished runs to a decision. All configurations of the search have run with
the first `min` seeds. In each round those that may still be the best run with one seed more. A
configuration leaves the race if the 95% interval of its difference to the leader of the round lies
wholly above 0 (the block design of `metrics.statistics.Blocks`, as in a racing algorithm: Maron and
Moore, "Hoeffding races", NIPS 1993; Birattari et al., "A racing algorithm for configuring
metaheuristics", GECCO 2002). A round counts the runs with the seeds so far only, so what was run in
another order, or for a study of another length, changes no decision.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

from sem_ray.metrics.statistics import Blocks, Estimate
from sem_ray.studies.definition.replicates import ReplicateSpec

Costs = Mapping[int, Mapping[int, float]]
"""Configuration → replicate → cost, which is smaller if the run is better."""
Run = tuple[int, int]
"""Configuration and replicate."""


@dataclass(frozen=True)
class Round:
    """Configurations that all ran with the same first seeds, best mean first."""

    seeds: int
    contenders: tuple[int, ...]
    blocks: Blocks
    """A row for each contender."""

    def differences(self) -> tuple[Estimate, ...]:
        """Of each contender to the leader, whose own is 0."""
        return tuple(self.blocks.difference(row, 0) for row in range(len(self.contenders)))

    def survivors(self) -> tuple[int, ...]:
        """Contenders that are not clearly worse than the leader."""
        found = zip(self.contenders[1:], self.differences()[1:], strict=True)
        return (self.contenders[0], *(number for number, d in found if not d.low > 0))


@dataclass(frozen=True)
class Race:
    """How far the race is. rounds: the finished ones; contenders: who runs now, or ended as the
    last ones; missing: runs still to finish, in the order they are to start."""

    rounds: tuple[Round, ...]
    contenders: tuple[int, ...]
    missing: tuple[Run, ...]

    @property
    def winner(self) -> int | None:
        """The configuration with the best mean of the last round; None until it is over."""
        return None if self.missing or not self.rounds else self.rounds[-1].contenders[0]

    def last_round_of(self, configuration: int) -> Round | None:
        """The last round that the configuration was in."""
        taken = (one for one in reversed(self.rounds) if configuration in one.contenders)
        return next(taken, None)


def race(costs: Costs, spec: ReplicateSpec) -> Race:
    """The race among the configurations in `costs`, all of which have run with `spec.min` seeds."""
    if not costs:
        return Race((), (), ())
    rounds = [_round(costs, tuple(costs), spec.min)]
    contenders = rounds[0].survivors()[: spec.finalists]
    for seeds in range(spec.min + 1, spec.max + 1):
        if len(contenders) == 1:
            break
        missing = [(n, seeds - 1) for n in contenders if seeds - 1 not in costs[n]]
        if missing:
            return Race(tuple(rounds), contenders, tuple(missing))
        rounds.append(_round(costs, contenders, seeds))
        contenders = rounds[-1].survivors()
    return Race(tuple(rounds), contenders, ())


def _round(costs: Costs, contenders: Sequence[int], seeds: int) -> Round:
    rows = {number: [costs[number][seed] for seed in range(seeds)] for number in contenders}
    ordered = tuple(sorted(rows, key=lambda number: (fmean(rows[number]), number)))
    return Round(seeds, ordered, Blocks([rows[number] for number in ordered]))


def most_runs(configurations: int, spec: ReplicateSpec) -> int:
    """Runs of a study of so many configurations if none ever leaves the race."""
    contenders = min(configurations, spec.finalists or configurations)
    further = contenders * (spec.max - spec.min) if contenders > 1 else 0
    return configurations * spec.min + further + spec.confirm


def cuts(found: Race) -> Iterator[tuple[Round, tuple[int, ...]]]:
    """Each round with the configurations that left the race after it."""
    for one, following in pairwise(found.rounds):
        yield one, tuple(n for n in one.contenders if n not in following.contenders)
