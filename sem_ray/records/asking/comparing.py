"""Two recorded results beside each other, over the seeds that both have."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sem_ray.errors import BadInput
from sem_ray.metrics.paired_effects import t_test
from sem_ray.metrics.statistics import (
    Estimate,
    mean_estimate,
    paired_difference,
    welch_difference,
    welch_test,
)
from sem_ray.records.asking.rows import Row
from sem_ray.records.asking.searching import find, replicates

Said = Literal[
    "lower",
    "higher",
    "cannot be told apart",
    "nothing can be told from one seed",
    "nothing can be told from values that are not finite",
    "nothing can be told from seeds that all differ by the same",
]
Values = Mapping[int, float]
"""Seed → value."""


@dataclass(frozen=True)
class Compared:
    """What the seeds say of A - B."""

    one: str
    other: str
    """Names of both; ids if two studies of one name make them equal."""
    metric: str
    values: Mapping[str, Values]
    """Of each result."""
    means: Mapping[str, Estimate]
    shared: tuple[int, ...]
    """Seeds of both; the difference is paired over them if there are two, else Welch's."""
    difference: Estimate | None
    """A - B with its 95% interval; None if a result has one seed, or a value is not finite: a run
    that diverged is neither left out nor ranked."""
    p: float | None
    """Two-sided, of the t test that the interval belongs to; None without a spread, which no t test
    has a use for: accuracies over few images are often equal to the last image."""
    said: Said
    settings: Mapping[str, tuple[str | None, str | None]]
    """Those that differ: path → both values."""

    @property
    def paired(self) -> bool:
        return len(self.shared) > 1


def compare(
    one: str, other: str, metric: str | None = None, *, store: Path | str | None = None
) -> Compared:
    """Compare the results `one` and `other` (`quick/3`) by `metric`; None takes the first accuracy
    that both have. Raises `BadInput` if one is unknown or lacks the metric, `TrackingFailed`.

    Paired over the seeds of both, because pairing takes out what a seed does to both; with fewer
    than two in common by Welch's t interval (Welch, Biometrika 34, 1947).
    """
    both = find(one, store=store), find(other, store=store)
    chosen = metric or _first_metric(*both)
    values = [_by_seed(row, chosen, store) for row in both]
    shared = tuple(sorted(values[0].keys() & values[1].keys()))
    finite = all(math.isfinite(value) for found in values for value in found.values())
    difference, p = _difference(values[0], values[1], shared) if finite else (None, None)
    labels = _labels(*both)
    return Compared(
        one=labels[0],
        other=labels[1],
        metric=chosen,
        values=dict(zip(labels, values, strict=True)),
        means={
            label: _mean(list(found.values())) for label, found in zip(labels, values, strict=True)
        },
        shared=shared,
        difference=difference,
        p=p,
        said=_said(difference, finite),
        settings=_differing(*both),
    )


def _labels(one: Row, other: Row) -> tuple[str, str]:
    alike = one.name == other.name and one.run_id != other.run_id
    return (one.run_id, other.run_id) if alike else (one.name, other.name)


def _mean(values: Sequence[float]) -> Estimate:
    if all(map(math.isfinite, values)):
        return mean_estimate(values)
    return Estimate(sum(values) / len(values), -math.inf, math.inf, len(values))


def _first_metric(one: Row, other: Row) -> str:
    shared = [name for name in one.measured if name in other.metrics]
    accuracies = [name for name in shared if name.startswith("test_accuracy")]
    if not shared:
        raise BadInput(f"{one.name} and {other.name} have no metric in common")
    return (sorted(accuracies)[-1:] or shared)[0]


def _by_seed(row: Row, metric: str, store: Path | str | None) -> dict[int, float]:
    found = {}
    for run in replicates(row, store=store):
        if metric in run.metrics:
            found[_seed(run)] = run.metrics[metric]
    if not found:
        known = ", ".join(row.measured) or "none yet"
        raise BadInput(f"{row.name} has no metric {metric!r}; it has: {known}")
    return dict(sorted(found.items()))


def _seed(run: Row) -> int:
    if len(run.seeds) != 1:
        raise BadInput(f"run {run.name} does not say which seed it ran with, so it has no pair")
    return run.seeds[0]


def _difference(
    one: Values, other: Values, shared: tuple[int, ...]
) -> tuple[Estimate | None, float | None]:
    """With its p value."""
    if len(shared) > 1:
        pairs = [one[seed] for seed in shared], [other[seed] for seed in shared]
        found = paired_difference(*pairs)
        differences = [a - b for a, b in zip(*pairs, strict=True)]
        return found, None if _without_spread(found) else t_test(found, differences)
    if min(len(one), len(other)) > 1:
        both = list(one.values()), list(other.values())
        found = welch_difference(*both)
        return found, None if _without_spread(found) else welch_test(*both)
    return None, None


def _without_spread(difference: Estimate) -> bool:
    """Whether there is a difference and nothing to judge it by, but for rounding."""
    width = difference.high - difference.low
    return difference.value != 0 and width <= 1e-9 * abs(difference.value)


def _said(difference: Estimate | None, finite: bool) -> Said:
    if not finite:
        return "nothing can be told from values that are not finite"
    if difference is None:
        return "nothing can be told from one seed"
    if _without_spread(difference):
        return "nothing can be told from seeds that all differ by the same"
    if difference.low <= 0 <= difference.high:
        return "cannot be told apart"
    return "lower" if difference.value < 0 else "higher"


def _differing(one: Row, other: Row) -> dict[str, tuple[str | None, str | None]]:
    paths = sorted((one.settings.keys() | other.settings.keys()) - {"seed"})
    both = {path: (one.settings.get(path), other.settings.get(path)) for path in paths}
    return {path: pair for path, pair in both.items() if pair[0] != pair[1]}
