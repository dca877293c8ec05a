"""The answer of a study whose configurations ran with several seeds, in sentences for a person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sem_ray.cli.console.short_settings import settings
from sem_ray.metrics.statistics import CONFIDENCE, Estimate
from sem_ray.studies.comparison import Comparison, Contender

MOST = 3
"""Configurations that are told of in one sentence."""


def sentences(comparison: Comparison) -> Iterator[str]:
    """Which configuration wins, how good it is by seeds that did not choose it, and how the others
    compare."""
    yield _winner(comparison)
    for one in comparison.others:
        verdict = "is worse by" if one.verdict == "worse" else "cannot be told from it:"
        yield f"{_named(one)} {verdict} {_difference(one)} over {len(one.seeds)} seeds"
    yield from _what_it_means(comparison)
    yield (
        f"Means over seeds with {CONFIDENCE:.0%} intervals; differences are taken over seeds that "
        "both ran with, for all rounds of the race together."
    )


def in_short(comparison: Comparison) -> Iterator[str]:
    """The same in a few lines."""
    yield _winner(comparison)
    if comparison.tied:
        tied = (f"{_named(one)} by {_difference(one)}" for one in comparison.tied)
        yield f"Cannot be told from it: {_some(tied)}."
    if worse := [one for one in comparison.others if one.verdict == "worse"]:
        yield f"Worse: {_some(f'{one.trial} by {_difference(one)}' for one in worse)}."
    yield from _what_it_means(comparison)


def _what_it_means(comparison: Comparison) -> Iterator[str]:
    if comparison.others and len(comparison.tied) == len(comparison.others):
        yield "So the study does not tell these settings apart: more seeds would be needed."
    if comparison.not_compared:
        yield (
            f"The other {comparison.not_compared} configurations ran with one seed and are not "
            "compared."
        )


def _some(texts: Iterable[str]) -> str:
    """The first of them, and how many there are besides."""
    found = list(texts)
    more = f", and {len(found) - MOST} more" if len(found) > MOST else ""
    return ", ".join(found[:MOST]) + more


def _winner(comparison: Comparison) -> str:
    """The winner's estimate is of seeds that did not choose it: the seeds that did flatter it."""
    metric, chosen = comparison.objective.metric, _listed(comparison.winner.seeds)
    who = f"{_named(comparison.winner)} {_verb(comparison)}: {metric}"
    if comparison.estimate is None:
        flattered = "which chose it, so that it may look better than it is"
        return f"{who} {_interval(comparison.winner.estimate)} over {chosen}, {flattered}"
    fresh = _listed(comparison.estimated_by)
    return f"{who} {_interval(comparison.estimate)} over {fresh}; others, {chosen}, chose it"


def _verb(comparison: Comparison) -> str:
    if not comparison.decided:
        return "leads so far"
    return "leads" if comparison.tied else "wins"


def _difference(one: Contender) -> str:
    if one.difference is None:
        raise ValueError("the winner is not compared with itself")
    found = one.difference
    return f"{found.value:+.1f} [{found.low:+.1f}, {found.high:+.1f}]"


def _named(one: Contender) -> str:
    return f"configuration {one.trial} ({settings(one.values)})"


def _interval(estimate: Estimate) -> str:
    return f"{estimate.value:.1f} [{estimate.low:.1f}, {estimate.high:.1f}]"


def _listed(seeds: Sequence[int]) -> str:
    return f"seeds {', '.join(map(str, seeds))}"
