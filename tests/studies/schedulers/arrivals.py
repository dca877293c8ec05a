"""Configurations that reach a rung one after the other."""

from __future__ import annotations

from collections.abc import Sequence

from sem_ray.studies.schedulers.scheduler import Costs, Scheduler


def stopped(scheduler: Scheduler, costs: Sequence[Costs]) -> list[int]:
    """Which of the configurations 0, 1, … are stopped at the one rung there is, each when it
    arrives."""
    seen: dict[int, Costs] = {}
    found = []
    for number, cost in enumerate(costs):
        seen[number] = cost
        if scheduler.stops(number, 0, [dict(seen)]):
            found.append(number)
    return found
