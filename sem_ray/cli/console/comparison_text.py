"""The answer of a study whose configurations ran with several seeds, in sentences for a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sem_ray.cli.console.short_settings import settings
from sem_ray.metrics.statistics import CONFIDENCE, Estimate
from sem_ray.studies.comparison import Comparison, Contender


def sentences(comparison: Comparison) -> Iterator[str]:
    """Which configuration wins, how good it is by seeds that did not choose it, and how the others
    compare."""
    yield f"{_named(comparison.winner)} {_verb(comparison)}: {_winner(comparison)}"
    for one in comparison.others:
        yield f"{_named(one)} {_other(one)}"
    if comparison.others and len(comparison.tied) == len(comparison.others):
        yield "So the study does not tell these settings apart: more seeds would be needed."
    if comparison.not_compared:
        yield (
            f"The other {comparison.not_compared} configurations ran with one seed and are not "
            "compared."
        )
    yield (
        f"Means over seeds with {CONFIDENCE:.0%} intervals; differences are taken over seeds that "
        "both ran with."
    )


def _verb(comparison: Comparison) -> str:
    if not comparison.decided:
        return "leads so far"
    return "leads" if comparison.tied else "wins"


def _winner(comparison: Comparison) -> str:
    metric, chosen = comparison.objective.metric, comparison.winner.seeds
    if comparison.estimate is None:
        mean = comparison.winner.estimate
        return f"{metric} {_interval(mean)} over the seeds that chose it ({_listed(chosen)})"
    fresh = _listed(comparison.estimated_by)
    return f"{metric} {_interval(comparison.estimate)} over seeds that did not choose it ({fresh})"


def _other(one: Contender) -> str:
    difference = one.difference
    if difference is None or one.verdict is None:
        raise ValueError("the winner is not compared with itself")
    change = f"{difference.value:+.1f} [{difference.low:+.1f}, {difference.high:+.1f}]"
    over = f"over {len(one.seeds)} seeds"
    if one.verdict == "worse":
        return f"is worse by {change} {over}"
    return f"cannot be told from it: {change} {over}"


def _named(one: Contender) -> str:
    return f"trial {one.trial} ({settings(one.values)})"


def _interval(estimate: Estimate) -> str:
    return f"{estimate.value:.1f} [{estimate.low:.1f}, {estimate.high:.1f}]"


def _listed(seeds: Sequence[int]) -> str:
    return f"seeds {', '.join(map(str, seeds))}"
