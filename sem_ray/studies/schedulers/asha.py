"""Asynchronous successive halving (Li et al., "A system for massively parallel hyperparameter
tuning", MLSys 2020, https://arxiv.org/abs/1810.05934), in the variant that stops a trial at a rung
at once instead of pausing it (Klein et al., https://arxiv.org/abs/2003.10865)."""

from __future__ import annotations

from dataclasses import dataclass

from sem_ray.studies.schedulers.scheduler import Reports, goes_on


@dataclass(frozen=True)
class Asha:
    """Lets a configuration go on if it is among the best 1/η that have reported at its rung so
    far."""

    reduction: int
    startup: int

    def stops(self, configuration: int, rung: int, reports: Reports) -> bool:
        costs = reports[rung]
        if len(costs) < max(self.startup, self.reduction):
            return False
        (own,) = costs[configuration]
        better = sum(cost < own for (cost,) in costs.values())
        return not goes_on(better, len(costs), self.reduction)
