"""The answer of a study whose finalists ran with several seeds, in sentences for a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sem_ray.metrics.statistics import CONFIDENCE, Estimate
from sem_ray.studies.comparison import Comparison, Finalist


def sentences(comparison: Comparison) -> Iterator[str]:
    """Which finalist wins, how good it is by seeds that did not choose it, and how the others
    compare."""
    alone = all(finalist.verdict == "worse" for finalist in comparison.others)
    verb = "wins" if alone else "leads"
    yield f"{_named(comparison.winner)} {verb}: {_winner(comparison)}"
    for finalist in comparison.others:
        yield f"{_named(finalist)} {_other(finalist)}"
    if not any(finalist.verdict == "worse" for finalist in comparison.others):
        yield "So the study does not tell these settings apart: more seeds would be needed."
    if comparison.not_compared:
        yield (
            f"The other {comparison.not_compared} settings of the search ran with one seed and are "
            "not compared."
        )
    yield (
        f"Means over seeds with {CONFIDENCE:.0%} intervals; differences are taken seed by seed "
        f"({_listed(comparison.chosen_by)})."
    )


def _winner(comparison: Comparison) -> str:
    metric, chosen = comparison.objective.metric, _listed(comparison.chosen_by)
    if comparison.estimate is None:
        mean = comparison.winner.estimate
        return f"{metric} {_interval(mean)} over the seeds that chose it ({chosen})"
    fresh = _listed(comparison.estimated_by)
    return f"{metric} {_interval(comparison.estimate)} over seeds that did not choose it ({fresh})"


def _other(finalist: Finalist) -> str:
    difference = finalist.difference
    if difference is None or finalist.verdict is None:
        raise ValueError("the winner is not compared with itself")
    change = f"{difference.value:+.1f} [{difference.low:+.1f}, {difference.high:+.1f}]"
    if finalist.verdict == "worse":
        return f"is worse by {change}"
    return f"cannot be told from it: {change}"


def _named(finalist: Finalist) -> str:
    return f"trial {finalist.trial} ({settings(finalist.values)})"


def settings(values: Mapping[str, Any]) -> str:
    """`noise.radius 24, noise.steps 3`."""
    return ", ".join(f"{path} {short(value)}" for path, value in values.items())


def short(value: Any) -> str:
    """A searched value, numbers to three digits."""
    return "–" if value is None else f"{value:.3g}" if isinstance(value, float) else str(value)


def _interval(estimate: Estimate) -> str:
    return f"{estimate.value:.1f} [{estimate.low:.1f}, {estimate.high:.1f}]"


def _listed(seeds: Sequence[int]) -> str:
    return f"seeds {', '.join(map(str, seeds))}"
