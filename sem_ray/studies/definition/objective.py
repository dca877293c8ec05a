"""What a study optimises: one measurement or several, each to be small or large."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator

from sem_ray.metrics.measurement import current_key
from sem_ray.spec.base import Frozen
from sem_ray.spec.origin import Origin

Direction = Literal["minimize", "maximize"]


class Objective(Frozen):
    """One measurement to optimise."""

    metric: Annotated[str, AfterValidator(current_key)]
    """Its key, as trials report it: `test_accuracy_at_4`. `test_accuracy@4` is read too."""
    direction: Direction = "minimize"

    @property
    def sign(self) -> int:
        """What makes a value smaller if it is better."""
        return 1 if self.direction == "minimize" else -1

    def cost(self, metrics: Mapping[str, float]) -> float:
        """A number that is smaller if the objective is better met."""
        return self.sign * metrics[self.metric]

    def __str__(self) -> str:
        return f"{self.direction} {self.metric}"


SINGLE = ("metric", "direction")
"""Keys of a study file that stand for one objective."""


def as_list(tree: Mapping[str, Any], origin: Origin) -> dict[str, Any]:
    """A study's settings in which a single `metric` and its `direction` are a list of one.

    Raises `BadInput` if both forms are given, or none.
    """
    single = {key: tree[key] for key in SINGLE if key in tree}
    if "objectives" in tree and single:
        text = f"give objectives, or {' and '.join(single)}, not both"
        raise origin.fault((next(iter(single)),), text)
    if "objectives" in tree:
        return dict(tree)
    if "metric" not in single:
        text = (
            "objectives: nothing to optimise; name it, as objectives: "
            "[{metric: test_accuracy_at_4, direction: minimize}]"
        )
        raise origin.fault(("objectives",), text)
    return {**{key: tree[key] for key in tree if key not in single}, "objectives": [single]}


def unusable(objectives: Sequence[Objective], metrics: Mapping[str, float]) -> str | None:
    """Why the results of a trial cannot be optimised, or None if they can."""
    for objective in objectives:
        value = metrics.get(objective.metric)
        if value is None:
            reported = ", ".join(metrics) or "nothing"
            return f"it reported no {objective.metric}, only {reported}"
        if not math.isfinite(value):
            return f"its {objective.metric} is {value}"
    return None


def not_dominated(
    objectives: Sequence[Objective], results: Mapping[int, Mapping[str, float]]
) -> tuple[int, ...]:
    """The trials that no other trial beats: for one objective the best one, for several the Pareto
    front. Of trials with equal results, the one with the smallest number stays."""
    costs = {trial: [o.cost(metrics) for o in objectives] for trial, metrics in results.items()}
    return tuple(
        trial
        for trial, own in sorted(costs.items())
        if not any(_beats((other, costs[other]), (trial, own)) for other in costs)
    )


def _beats(one: tuple[int, list[float]], other: tuple[int, list[float]]) -> bool:
    (number, costs), (its_number, its_costs) = one, other
    if costs == its_costs:
        return number < its_number
    return all(a <= b for a, b in zip(costs, its_costs, strict=True))
