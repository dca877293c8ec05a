"""A study's trials by configuration, for people: its seeds folded into means and intervals."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sem_ray.metrics.measurement import TEST_ACCURACY
from sem_ray.metrics.statistics import Estimate, mean_estimate

if TYPE_CHECKING:
    from sem_ray.studies.queries import TrialRow

COMPLETE = "complete"


@dataclass(frozen=True)
class ConfigurationRow:
    """How one configuration stands."""

    configuration: int
    """The trial that ran it first."""
    values: Mapping[str, Any]
    """The searched settings."""
    seeds: tuple[int, ...]
    """Of its finished runs."""
    means: Mapping[str, float]
    """Of each measurement over those runs, by its key."""
    intervals: Mapping[str, tuple[float, float]]
    """Their 95% t intervals; empty with fewer than two runs."""
    radii: tuple[float, ...]
    """Of the victims on protected images, in 1/255."""
    seconds: float | None
    """Of a trial, on average; None if none is finished."""
    states: Mapping[str, int]
    """How many of its trials stand so, those that are finished left out."""
    errors: tuple[str, ...]
    """Why trials of it failed, each reason once."""
    broken: tuple[str, ...]
    """Constraints that a run of it does not keep to."""

    def estimate(self, key: str) -> Estimate | None:
        """The mean of a measurement; None if no finished run has it."""
        if key not in self.means:
            return None
        low, high = self.intervals.get(key, (float("-inf"), float("inf")))
        return Estimate(self.means[key], low, high, len(self.seeds))


def by_configuration(rows: Iterable[TrialRow]) -> tuple[ConfigurationRow, ...]:
    """A row for each configuration, in the order they were proposed in."""
    groups: dict[int, list[TrialRow]] = defaultdict(list)
    for row in rows:
        groups[row.configuration].append(row)
    return tuple(_folded(number, found) for number, found in sorted(groups.items()))


def _folded(number: int, rows: Sequence[TrialRow]) -> ConfigurationRow:
    done = [row for row in rows if row.state == COMPLETE]
    estimates = _estimates(done)
    seconds = [row.seconds for row in done if row.seconds is not None]
    return ConfigurationRow(
        configuration=number,
        values=rows[0].values,
        seeds=tuple(row.seed for row in done if row.seed is not None),
        means={key: found.value for key, found in estimates.items()},
        intervals={key: (e.low, e.high) for key, e in estimates.items() if e.known},
        radii=_radii(done),
        seconds=sum(seconds) / len(seconds) if seconds else None,
        states=Counter(row.state for row in rows if row.state != COMPLETE),
        errors=tuple(dict.fromkeys(row.error for row in rows if row.error)),
        broken=tuple(dict.fromkeys(name for row in done for name in row.broken)),
    )


def _radii(done: Sequence[TrialRow]) -> tuple[float, ...]:
    found = (m.radius for row in done for m in row.measurements if m.name == TEST_ACCURACY)
    return tuple(dict.fromkeys(radius for radius in found if radius is not None))


def _estimates(done: Sequence[TrialRow]) -> dict[str, Estimate]:
    """The mean of each measurement over finished runs."""
    values: dict[str, list[float]] = defaultdict(list)
    for row in done:
        for key, value in row.metrics.items():
            values[key].append(value)
    return {key: mean_estimate(found) for key, found in values.items()}
