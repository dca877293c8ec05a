"""Successive halving on several objectives, as Syne Tune's MO-ASHA does (Schmucker et al.,
"Multi-objective asynchronous successive halving", https://arxiv.org/abs/2106.12639)."""

from __future__ import annotations

from dataclasses import dataclass

from sem_ray.studies.schedulers.pareto_order import pareto_rank
from sem_ray.studies.schedulers.scheduler import Reports, goes_on


@dataclass(frozen=True)
class ParetoAsha:
    """Lets a configuration go on if it is among the first 1/η that have reported at its rung so
    far, ordered by front, and within a front by crowding distance."""

    reduction: int
    startup: int

    def stops(self, configuration: int, rung: int, reports: Reports) -> bool:
        costs = reports[rung]
        if len(costs) < max(self.startup, self.reduction):
            return False
        own = list(costs).index(configuration)
        return not goes_on(pareto_rank(own, list(costs.values())), len(costs), self.reduction)
