"""The median stopping rule (Golovin et al., "Google Vizier: a service for black-box optimization",
KDD 2017, section 3.2.2)."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean, median

from sem_ray.studies.schedulers.scheduler import Reports


@dataclass(frozen=True)
class MedianStopping:
    """Stops a configuration whose best report so far is worse than the median of the others' means
    up to the same rung."""

    startup: int

    def stops(self, configuration: int, rung: int, reports: Reports) -> bool:
        others = [number for number in reports[rung] if number != configuration]
        if len(others) + 1 < self.startup or not others:
            return False
        own = min(_history(configuration, rung, reports))
        return own > median(fmean(_history(other, rung, reports)) for other in others)


def _history(configuration: int, rung: int, reports: Reports) -> list[float]:
    """What the configuration cost at each rung up to `rung`."""
    seen = (reports[earlier].get(configuration) for earlier in range(rung + 1))
    return [cost for (cost,) in filter(None, seen)]
