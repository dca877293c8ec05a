"""How well one measurement orders what another one measures, with an interval.

Spearman's ρ and Kendall's τ-b (ties counted), with percentile intervals from the bootstrap over the
pairs (Efron and Tibshirani, An Introduction to the Bootstrap, chapter 13). scipy is imported late.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_ray.metrics.statistics import CONFIDENCE, Estimate
from sem_ray.rng import numpy_generator

RESAMPLES = 1000
FEWEST = 4
"""Pairs below which nothing is said: of three, a correlation of chance is often perfect."""

Floats = NDArray[np.float64]
MOST = 2000
"""Pairs beyond which so many are drawn, whose interval is narrow enough."""


@dataclass(frozen=True)
class RankCorrelation:
    """Both between -1 and 1; their intervals are over other configurations of the same kind."""

    spearman: Estimate
    kendall: Estimate


def rank_correlation(
    one: Sequence[float], other: Sequence[float], *, seed: int = 0, confidence: float = CONFIDENCE
) -> RankCorrelation | None:
    """The correlation of the pairs' ranks; None for fewer than `FEWEST`, or if all values of a
    side are equal, which no order follows from.

    Raises `ValueError` if the lengths differ.
    """
    first, second = np.asarray(one, dtype=np.float64), np.asarray(other, dtype=np.float64)
    if first.shape != second.shape:
        raise ValueError(f"{len(first)} values cannot be paired with {len(second)}")
    if len(first) < FEWEST or np.ptp(first) == 0 or np.ptp(second) == 0:
        return None
    random = numpy_generator(seed, "rank correlation")
    if len(first) > MOST:
        some = random.choice(len(first), MOST, replace=False)
        first, second = first[some], second[some]
    drawn = random.integers(len(first), size=(RESAMPLES, len(first)))
    drawn = np.vstack([np.arange(len(first)), drawn])
    return RankCorrelation(
        spearman=_estimate(_spearman(first[drawn], second[drawn]), len(first), confidence),
        kendall=_estimate(_kendall(first, second, drawn), len(first), confidence),
    )


def _estimate(found: Floats, pairs: int, confidence: float) -> Estimate:
    """Of the pairs themselves, which come first, and of their resamples; NaN if a side of a
    resample is constant."""
    low, high = np.nanquantile(found[1:], [(1 - confidence) / 2, (1 + confidence) / 2])
    return Estimate(float(found[0]), float(low), float(high), pairs)


def _spearman(first: Floats, second: Floats) -> Floats:
    """Pearson's correlation of the ranks of each row; equal values share the mean of theirs."""
    from scipy.stats import rankdata

    a, b = (rankdata(side, axis=1) for side in (first, second))
    a, b = (side - side.mean(1, keepdims=True) for side in (a, b))
    return _ratio((a * b).sum(1), (a * a).sum(1), (b * b).sum(1))


def _kendall(first: Floats, second: Floats, drawn: NDArray[np.int64]) -> Floats:
    """τ-b of each row of `drawn`: ordered pairs less disordered ones, of those that no side ties.
    A pair of points counts as often as both were drawn, so each sum is a quadratic form."""
    x, y = (np.sign(side[:, None] - side[None]) for side in (first, second))
    times = np.stack([np.bincount(row, minlength=len(first)) for row in drawn]).astype(np.float64)
    return _ratio(*(((times @ form) * times).sum(1) for form in (x * y, x * x, y * y)))


def _ratio(both: Floats, first: Floats, second: Floats) -> Floats:
    scale = np.sqrt(first * second)
    return np.divide(both, scale, out=np.full_like(both, math.nan), where=scale > 0)
