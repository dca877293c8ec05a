"""Interval estimates of accuracies, and what they say of two settings.

One run is a sample: test images, seeds and processors of another kind move an accuracy. scipy is
imported late, so that importing this module costs nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

CONFIDENCE = 0.95
"""Of every interval unless told otherwise."""

Verdict = Literal["better", "worse", "cannot be told apart"]


@dataclass(frozen=True)
class Estimate:
    """A value and its two-sided confidence interval, all in one unit (% for accuracies).

    The interval is infinite if one sample says nothing about its own spread.
    """

    value: float
    low: float
    high: float
    samples: int
    """Test images or seeds."""

    @property
    def known(self) -> bool:
        """Whether the interval has ends."""
        return math.isfinite(self.low) and math.isfinite(self.high)


def accuracy_estimate(accuracy: float, images: int, confidence: float = CONFIDENCE) -> Estimate:
    """An accuracy in % of `images` test images, with Wilson's interval (score interval; "Probable
    inference, the law of succession, and statistical inference", JASA 1927).

    It is about other test images of the same kind, not about other seeds.
    """
    from scipy.stats import binomtest

    right = round(accuracy * images / 100)
    found = binomtest(right, images).proportion_ci(confidence, method="wilson")
    return Estimate(accuracy, 100 * float(found.low), 100 * float(found.high), images)


def accuracy_difference(one: Estimate, other: Estimate) -> Estimate:
    """`one` - `other`, two accuracies with Wilson's intervals, with Newcombe's hybrid score
    interval ("Interval estimation for the difference between independent proportions", 1998,
    method 10).

    Wider than need be if both were measured on the same test images.
    """
    value = one.value - other.value
    below = math.hypot(one.value - one.low, other.high - other.value)
    above = math.hypot(one.high - one.value, other.value - other.low)
    return Estimate(value, value - below, value + above, min(one.samples, other.samples))


def mean_estimate(values: Sequence[float], confidence: float = CONFIDENCE) -> Estimate:
    """The mean of one value a seed, with Student's t interval; infinite for a single seed.

    Raises `ValueError` for no values.
    """
    from scipy.stats import sem, t

    count = len(values)
    if count == 0:
        raise ValueError("no values to estimate a mean of")
    mean = math.fsum(values) / count
    if count == 1:
        return Estimate(mean, -math.inf, math.inf, 1)
    half = float(t.ppf((1 + confidence) / 2, count - 1)) * float(sem(values))
    return Estimate(mean, mean - half, mean + half, count)


def paired_difference(
    one: Sequence[float], other: Sequence[float], confidence: float = CONFIDENCE
) -> Estimate:
    """The mean of `one` - `other`, pair by pair (the same seed in both), with its t interval.

    Pairing takes out what a seed does to both. Raises `ValueError` if their lengths differ.
    """
    return mean_estimate([a - b for a, b in zip(one, other, strict=True)], confidence)


def welch_difference(
    one: Sequence[float], other: Sequence[float], confidence: float = CONFIDENCE
) -> Estimate:
    """The difference of the means of `one` and `other`, whose seeds have nothing in common and
    whose spreads may differ, with Welch's t interval (Biometrika 34, 1947).

    Raises `ValueError` for fewer than two values of either.
    """
    from scipy.stats import t

    if min(len(one), len(other)) < 2:
        raise ValueError("a spread takes two values of each")
    shares = [_variance(values) / len(values) for values in (one, other)]
    difference = math.fsum(one) / len(one) - math.fsum(other) / len(other)
    samples = len(one) + len(other)
    if not any(shares):
        return Estimate(difference, difference, difference, samples)
    below = sum(s**2 / (len(v) - 1) for s, v in zip(shares, (one, other), strict=True))
    half = float(t.ppf((1 + confidence) / 2, sum(shares) ** 2 / below)) * math.sqrt(sum(shares))
    return Estimate(difference, difference - half, difference + half, samples)


def welch_test(one: Sequence[float], other: Sequence[float]) -> float:
    """Two-sided p of equal means, by the same t as `welch_difference`; without any spread 0, or 1
    if the means are equal. Raises `ValueError` for fewer than two values of either."""
    from scipy.stats import ttest_ind

    found = welch_difference(one, other)
    if found.low == found.high:
        return 1.0 if found.value == 0 else 0.0
    return float(ttest_ind(one, other, equal_var=False).pvalue)


def _variance(values: Sequence[float]) -> float:
    mean = math.fsum(values) / len(values)
    return math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1)


def verdict(
    difference: Estimate, direction: Literal["minimize", "maximize"] = "minimize"
) -> Verdict:
    """What `difference` (one - other) says of the first, of values that are to be small or large;
    it is better or worse only if the whole interval lies on one side of 0."""
    if difference.low <= 0 <= difference.high:
        return "cannot be told apart"
    return "better" if (difference.value < 0) == (direction == "minimize") else "worse"


@dataclass(frozen=True)
class Blocks:
    """Values of several settings (rows) with the same seeds (columns), one of each.

    The model is that of a randomised block design (Montgomery, Design and Analysis of Experiments,
    chapter 4): value = setting + seed + noise, with noise of one spread. Its spread is estimated
    from all rows together, so that two seeds say something already.
    """

    rows: Sequence[Sequence[float]]

    @property
    def seeds(self) -> int:
        return len(self.rows[0])

    @property
    def freedom(self) -> int:
        """Degrees of freedom of the spread."""
        return (len(self.rows) - 1) * (self.seeds - 1)

    def mean(self, row: int) -> float:
        return math.fsum(self.rows[row]) / self.seeds

    def noise(self) -> float:
        """The standard deviation of one value that neither its setting nor its seed explains; NaN
        for one row or one seed."""
        if self.freedom == 0:
            return math.nan
        rows = [self.mean(number) for number in range(len(self.rows))]
        seeds = [math.fsum(column) / len(rows) for column in zip(*self.rows, strict=True)]
        whole = math.fsum(rows) / len(rows)
        left = (
            (value - rows[r] - seeds[s] + whole) ** 2
            for r, values in enumerate(self.rows)
            for s, value in enumerate(values)
        )
        return math.sqrt(math.fsum(left) / self.freedom)

    def difference(self, one: int, other: int, confidence: float = CONFIDENCE) -> Estimate:
        """The mean of row `one` minus that of row `other`, with the t interval of the model; it is
        for this comparison, and not for all of them at once."""
        value = self.mean(one) - self.mean(other)
        if self.freedom == 0:
            return Estimate(value, -math.inf, math.inf, self.seeds)
        from scipy.special import stdtrit

        quantile = float(stdtrit(self.freedom, (1 + confidence) / 2))
        half = quantile * self.noise() * math.sqrt(2 / self.seeds)
        return Estimate(value, value - half, value + half, self.seeds)
