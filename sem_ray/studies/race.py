"""Which configurations may still be the best, and which seed each of them needs next.

Pure: from the costs of finished runs to a decision. All configurations of the search have run with
the first `min` seeds. In each round those that may still be the best run with one seed more. A
configuration leaves the race if the 95% interval of its difference to the leader of the round lies
wholly above 0; with several objectives, if another one is at least as good in all of them by its
means and clearly better in one. The intervals are those of `metrics.statistics.Blocks`; the idea is
that of racing algorithms (Maron and Moore, "Hoeffding races", NIPS 1993; Birattari et al., "A
racing algorithm for configuring metaheuristics", GECCO 2002). A round counts the runs with the
seeds so far only, so what was run in another order, or for a study of another length, changes no
decision.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from sem_ray.metrics.statistics import CONFIDENCE, Blocks
from sem_ray.studies.definition.replicates import ReplicateSpec

Costs = Mapping[int, Mapping[int, tuple[float, ...]]]
"""Configuration → replicate → costs by objective, which are smaller if the run is better."""
Feasible = Callable[[int, int], bool]
"""Whether a configuration keeps to the constraints by the means of its first so many seeds."""
Run = tuple[int, int]
"""Configuration and replicate."""


@dataclass(frozen=True)
class Round:
    """Configurations that all ran with the same first seeds; of one objective the best mean first,
    of several those first that fewer others are better than in all."""

    seeds: int
    contenders: tuple[int, ...]
    blocks: tuple[Blocks, ...]
    """For each objective, a row for each contender."""

    def survivors(self) -> tuple[int, ...]:
        """Contenders that may still be the best, or on the front of the best."""
        if len(self.blocks) == 1:
            kept = [row for row in range(len(self.contenders)) if not self._is_beaten(row, 0)]
        else:
            rows = range(len(self.contenders))
            kept = [row for row in rows if not any(self._is_beaten(row, by) for by in rows)]
        return tuple(self.contenders[row] for row in kept)

    def _is_beaten(self, row: int, by: int) -> bool:
        """Whether the other is as good in all objectives by its means, and clearly better in
        one."""
        if row == by or any(block.mean(by) > block.mean(row) for block in self.blocks):
            return False
        return any(block.difference(row, by).low > 0 for block in self.blocks)


@dataclass(frozen=True)
class Race:
    """How far the race is. rounds: the finished ones; contenders: who runs now, or ended as the
    last ones; missing: runs still to finish, in the order they are to start."""

    rounds: tuple[Round, ...]
    contenders: tuple[int, ...]
    missing: tuple[Run, ...]

    @property
    def winner(self) -> int | None:
        """The first configuration of the last round; None until it is over."""
        return None if self.missing or not self.rounds else self.rounds[-1].contenders[0]

    def last_round_of(self, configuration: int) -> Round | None:
        """The last round that the configuration was in."""
        taken = (one for one in reversed(self.rounds) if configuration in one.contenders)
        return next(taken, None)


def race(costs: Costs, spec: ReplicateSpec, feasible: Feasible = lambda *_: True) -> Race:
    """The race among the configurations in `costs`, all of which have run with `spec.min` seeds,
    as far as they keep to the study's constraints; without any that does, nothing runs."""
    contenders = tuple(number for number in costs if feasible(number, spec.min))
    if not contenders:
        return Race((), (), ())
    rounds = [_round(costs, contenders, spec.min)]
    if spec.max == spec.min:
        return Race(tuple(rounds), rounds[0].contenders, ())
    contenders = rounds[0].survivors()[: spec.finalists]
    for seeds in range(spec.min + 1, spec.max + 1):
        if len(contenders) == 1:
            break
        missing = [(n, seeds - 1) for n in contenders if seeds - 1 not in costs[n]]
        if missing:
            return Race(tuple(rounds), contenders, tuple(missing))
        contenders = tuple(number for number in contenders if feasible(number, seeds))
        if not contenders:
            return Race((), (), ())
        rounds.append(_round(costs, contenders, seeds))
        contenders = rounds[-1].survivors()
    return Race(tuple(rounds), contenders, ())


def _round(costs: Costs, contenders: Sequence[int], seeds: int) -> Round:
    runs = {number: [costs[number][seed] for seed in range(seeds)] for number in contenders}
    means = {number: tuple(map(fmean, zip(*own, strict=True))) for number, own in runs.items()}
    several = len(next(iter(means.values()))) > 1
    rank = _dominators(means) if several else dict.fromkeys(means, 0)
    ordered = tuple(sorted(means, key=lambda number: (rank[number], means[number], number)))
    objectives = zip(*(zip(*runs[number], strict=True) for number in ordered), strict=True)
    return Round(seeds, ordered, tuple(Blocks(rows) for rows in objectives))


def _dominators(means: Mapping[int, tuple[float, ...]]) -> dict[int, int]:
    """How many others are at least as good in all objectives and better in one."""
    return {
        number: sum(
            other != own and all(a <= b for a, b in zip(other, own, strict=True))
            for other in means.values()
        )
        for number, own in means.items()
    }


def confidence_of_verdicts(spec: ReplicateSpec) -> float:
    """Of an interval that one who left the race is told apart by. Each round is a further look at
    the same runs, so Bonferroni's correction shares 5% among them; to leave, the 95% interval of
    one look is enough, which costs fewer runs and picks right as often (benchmarks/README.md)."""
    return 1 - (1 - CONFIDENCE) / (spec.max - spec.min + 1)


def most_runs(configurations: int, spec: ReplicateSpec) -> int:
    """Runs of a study of so many configurations if none ever leaves the race."""
    contenders = min(configurations, spec.finalists or configurations)
    further = contenders * (spec.max - spec.min) if contenders > 1 else 0
    return configurations * spec.min + further + spec.confirm
