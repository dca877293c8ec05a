"""Two recorded results beside each other, over the seeds that both have."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sem_ray.errors import BadInput
from sem_ray.metrics.statistics import Estimate, mean_estimate, paired_difference, welch_difference
from sem_ray.records import names
from sem_ray.records.asking.rows import Row
from sem_ray.records.asking.searching import find, replicates

Said = Literal["lower", "higher", "cannot be told apart", "nothing can be told from one seed"]


@dataclass(frozen=True)
class Compared:
    """What the seeds say of A - B."""

    one: str
    other: str
    metric: str
    values: Mapping[str, Mapping[int, float]]
    """Of each result: seed → value."""
    means: Mapping[str, Estimate]
    shared: tuple[int, ...]
    """Seeds of both; the difference is paired over them if there are two, else Welch's."""
    difference: Estimate | None
    """A - B with its 95% interval; None if a result has one seed."""
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
    difference = _difference(values[0], values[1], shared)
    return Compared(
        one=both[0].name,
        other=both[1].name,
        metric=chosen,
        values={row.name: found for row, found in zip(both, values, strict=True)},
        means={
            row.name: mean_estimate(list(found.values()))
            for row, found in zip(both, values, strict=True)
        },
        shared=shared,
        difference=difference,
        said=_said(difference),
        settings=_differing(*both),
    )


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
            spec = json.loads(run.tags.get(names.SPEC_TAG, "{}"))
            found[int(spec.get("seed", run.settings.get("seed", 0)))] = run.metrics[metric]
    if not found:
        known = ", ".join(row.measured) or "none yet"
        raise BadInput(f"{row.name} has no metric {metric!r}; it has: {known}")
    return dict(sorted(found.items()))


def _difference(
    one: Mapping[int, float], other: Mapping[int, float], shared: tuple[int, ...]
) -> Estimate | None:
    if len(shared) > 1:
        return paired_difference([one[seed] for seed in shared], [other[seed] for seed in shared])
    if min(len(one), len(other)) > 1:
        return welch_difference(list(one.values()), list(other.values()))
    return None


def _said(difference: Estimate | None) -> Said:
    if difference is None:
        return "nothing can be told from one seed"
    if difference.low <= 0 <= difference.high:
        return "cannot be told apart"
    return "lower" if difference.value < 0 else "higher"


def _differing(one: Row, other: Row) -> dict[str, tuple[str | None, str | None]]:
    paths = sorted((one.settings.keys() | other.settings.keys()) - {"seed"})
    both = {path: (one.settings.get(path), other.settings.get(path)) for path in paths}
    return {path: pair for path, pair in both.items() if pair[0] != pair[1]}
