"""Whether a study has spent what it may spend, or found enough."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sem_ray.studies.definition.budget import BudgetSpec
from sem_ray.studies.definition.objective import Objective

HOUR = 3600.0


@dataclass(frozen=True)
class Spent:
    """What a study has spent so far, in the units of `BudgetSpec`."""

    device_hours: float = 0.0
    passes: float = 0.0
    hours: float = 0.0
    store_bytes: int = 0
    best: float | None = None
    """Least mean cost of a configuration by the first objective: its value, or minus it if the
    objective is maximised. None if no configuration is finished."""


def exhausted(budget: BudgetSpec, spent: Spent, objective: Objective) -> str | None:
    """Which limit is reached, in words; None if there is none."""
    return next(_reached(budget, spent, objective), None)


def _reached(budget: BudgetSpec, spent: Spent, objective: Objective) -> Iterator[str]:
    if _enough(budget.target, spent.best, objective):
        value = objective.sign * (spent.best or 0.0)
        yield f"the target is reached: {objective.metric} {value:.4g}, of {budget.target:.4g}"
    if budget.device_hours is not None and spent.device_hours >= budget.device_hours:
        yield f"the budget of {budget.device_hours:g} device-hours is spent"
    if budget.passes is not None and spent.passes >= budget.passes:
        yield f"the budget of {budget.passes:g} passes is spent"
    if budget.hours is not None and spent.hours >= budget.hours:
        yield f"the budget of {budget.hours:g} hours is spent"
    if budget.store_bytes is not None and spent.store_bytes >= budget.store_bytes:
        yield f"the budget of {budget.store_bytes / 1e9:.3g} GB of the store is spent"


def _enough(target: float | None, best: float | None, objective: Objective) -> bool:
    if target is None or best is None:
        return False
    return best <= objective.sign * target
