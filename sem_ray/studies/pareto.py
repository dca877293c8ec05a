"""The trade-offs of a study with several objectives: its Pareto front, by configurations' means."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from sem_ray.errors import BadInput
from sem_ray.metrics.hypervolume import hypervolume
from sem_ray.metrics.statistics import Blocks, Estimate, mean_estimate
from sem_ray.studies.definition.objective import Objective
from sem_ray.studies.feasibility import is_feasible, require_feasible
from sem_ray.studies.journal.configurations import Configuration, Configurations
from sem_ray.studies.schedulers.pareto_order import fronts

MARGIN = 0.1
"""Of the range of each objective: how far beyond the worst configuration the reference lies."""

Standing = Literal["front", "cannot be told from the front", "dominated"]
ORDER: tuple[Standing, ...] = ("front", "cannot be told from the front", "dominated")


@dataclass(frozen=True)
class ParetoPoint:
    """A configuration in the space of the objectives."""

    trial: int
    """The configuration's number: that of the trial that ran it first."""
    values: Mapping[str, Any]
    """The searched settings."""
    estimates: Mapping[str, Estimate]
    """Objective's metric → mean over the seeds; its interval is infinite for one seed."""
    standing: Standing
    behind: int | None = None
    """Of a dominated one: a configuration of the front that is clearly better in all objectives."""


@dataclass(frozen=True)
class ParetoFront:
    """What a study says of the trade-off between its objectives."""

    study: str
    objectives: tuple[Objective, ...]
    points: tuple[ParetoPoint, ...]
    """Feasible configurations: the front, by the first objective; those that cannot be told from
    it; the others."""
    infeasible: int
    """Configurations that break a constraint, which are left out."""
    reference: Mapping[str, float]
    """The corner from which the hypervolume is measured."""
    hypervolume: float
    """Dominated by the front, in the product of the objectives' units."""

    @property
    def front(self) -> tuple[ParetoPoint, ...]:
        return tuple(point for point in self.points if point.standing == "front")

    @property
    def share(self) -> float:
        """The hypervolume as a share of the box between the reference and the best value of each
        objective: 1 if one configuration is the best in all."""
        best = {
            o.metric: min(o.sign * point.estimates[o.metric].value for point in self.front)
            for o in self.objectives
        }
        sides = (o.sign * self.reference[o.metric] - best[o.metric] for o in self.objectives)
        box = math.prod(max(side, 0.0) for side in sides)
        return self.hypervolume / box if box else 0.0


def pareto_front(
    configurations: Configurations, reference: Sequence[float] | None = None
) -> ParetoFront:
    """The front of the configurations that have run with every seed of the search; of those with
    any, until there is one. `reference` has a value for each objective; None lies a tenth of each
    objective's range beyond the worst configuration.

    A configuration counts as dominated only if one of the front is better in every objective, each
    with its 95% interval on one side of 0. All of these must hold at once, so each may be tested at
    the full level (intersection-union test: Berger, Technometrics 24(4), 1982). The intervals are
    those of `Blocks` over the seeds that both ran with.

    Raises `BadInput` for a study with one objective, without a finished or feasible configuration,
    or for a reference of another length.
    """
    spec = configurations.spec
    begun = _begun(configurations)
    kept = require_feasible(configurations, begun)
    costs = np.array([_costs(configurations, one) for one in kept])
    first = sorted(fronts(costs)[0].tolist(), key=lambda row: (costs[row].tolist(), row))
    points = [_point(configurations, kept, row, first) for row in range(len(kept))]
    place = {kept[row].number: number for number, row in enumerate(first)}
    last = len(place)
    points.sort(key=lambda p: (ORDER.index(p.standing), place.get(p.trial, last), p.trial))
    corner = _corner(spec.objectives, costs, reference)
    return ParetoFront(
        study=spec.name,
        objectives=spec.objectives,
        points=tuple(points),
        infeasible=sum(not is_feasible(configurations, one) for one in begun),
        reference={o.metric: o.sign * c for o, c in zip(spec.objectives, corner, strict=True)},
        hypervolume=hypervolume(costs[first].tolist(), corner),
    )


def _begun(configurations: Configurations) -> list[Configuration]:
    name = configurations.spec.name
    if len(configurations.spec.objectives) == 1:
        raise BadInput(
            f"study {name} has one objective and so no trade-off; see `sem-ray best {name}`"
        )
    found = configurations.distinct() or [one for one in configurations if one.runs]
    if not found:
        raise BadInput(f"study {name} has no finished trial yet; see `sem-ray status {name}`")
    return found


def _runs(configurations: Configurations, one: Configuration) -> list[int]:
    """Replicates that choose, as far as they are finished."""
    return [n for n in configurations.spec.runs_each.choosing if n in one.runs]


def _costs(configurations: Configurations, one: Configuration) -> list[float]:
    runs = _runs(configurations, one)
    return [o.sign * one.mean(o.metric, runs) for o in configurations.spec.objectives]


def _point(
    configurations: Configurations, kept: Sequence[Configuration], row: int, front: Sequence[int]
) -> ParetoPoint:
    one = kept[row]
    runs = _runs(configurations, one)
    objectives = configurations.spec.objectives
    behind = None
    if row not in front:
        leaders = (kept[leader] for leader in front)
        clear = (leader for leader in leaders if _clearly_better(configurations, kept, leader, one))
        behind = next(clear, None)
    standing: Standing = "front" if row in front else "dominated" if behind else ORDER[1]
    return ParetoPoint(
        trial=one.number,
        values=one.values,
        estimates={o.metric: mean_estimate(_values(one, o, runs)) for o in objectives},
        standing=standing,
        behind=None if behind is None else behind.number,
    )


def _clearly_better(
    configurations: Configurations,
    kept: Sequence[Configuration],
    leader: Configuration,
    one: Configuration,
) -> bool:
    """Whether `leader` is better than `one` in every objective beyond its noise; where all runs of
    both agree, being equal is enough if it is better elsewhere."""
    shared = [n for n in _runs(configurations, one) if n in leader.runs]
    if not shared:
        return False
    rows = [other for other in kept if other in (leader, one) or other.has(shared)]
    places = rows.index(one), rows.index(leader)
    found = [
        Blocks([[o.sign * value for value in _values(other, o, shared)] for other in rows])
        for o in configurations.spec.objectives
    ]
    differences = [blocks.difference(*places) for blocks in found]
    equal = [d.low == d.high == 0 for d in differences]
    return not all(equal) and all(
        same or d.low > 0 for same, d in zip(equal, differences, strict=True)
    )


def _values(one: Configuration, objective: Objective, runs: Sequence[int]) -> list[float]:
    return [one.runs[number].metrics[objective.metric] for number in runs]


def _corner(
    objectives: Sequence[Objective], costs: np.ndarray, reference: Sequence[float] | None
) -> list[float]:
    """The reference point as costs."""
    if reference is not None:
        if len(reference) != len(objectives):
            names = ", ".join(objective.metric for objective in objectives)
            raise BadInput(
                f"--reference: the study has {len(objectives)} objectives ({names}), and "
                f"{len(reference)} values were given; give one each, in this order"
            )
        return [o.sign * value for o, value in zip(objectives, reference, strict=True)]
    worst, ranges = costs.max(0), np.ptp(costs, axis=0)
    sides = np.where(ranges > 0, ranges, np.maximum(np.abs(worst), 1.0))
    corner: list[float] = (worst + MARGIN * sides).tolist()
    return corner
