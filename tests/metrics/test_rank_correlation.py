"""Rank correlations, against scipy and in simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from sem_ray.metrics.rank_correlation import rank_correlation

PAIRS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=4, max_size=20)


@settings(max_examples=30)
@given(PAIRS)
def test_the_values_are_scipys_ties_included(pairs: list[tuple[int, int]]) -> None:
    first, second = ([float(pair[side]) for pair in pairs] for side in (0, 1))
    assume(len(set(first)) > 1 and len(set(second)) > 1)
    found = rank_correlation(first, second)
    assert found is not None
    assert found.spearman.value == pytest.approx(stats.spearmanr(first, second).statistic)
    assert found.kendall.value == pytest.approx(stats.kendalltau(first, second).statistic)


def test_an_interval_holds_its_value_and_is_the_same_each_time() -> None:
    random = np.random.default_rng(0)
    first = random.normal(size=24)
    second = (first + random.normal(size=24)).tolist()
    found = rank_correlation(first.tolist(), second)
    assert found is not None and found == rank_correlation(first.tolist(), second)
    for estimate in (found.spearman, found.kendall):
        assert -1 <= estimate.low < estimate.value < estimate.high <= 1


@pytest.mark.parametrize(
    ("one", "other"),
    [([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]), ([1.0] * 6, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0])],
)
def test_too_few_pairs_or_no_order_say_nothing(one: list[float], other: list[float]) -> None:
    assert rank_correlation(one, other) is None


def test_sides_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="paired"):
        rank_correlation([1.0, 2.0], [1.0])


def test_intervals_hold_the_true_correlation_about_as_often_as_they_say() -> None:
    """Of 32 pairs of a normal distribution, whose Spearman's ρ is 6/π·asin(r/2). The percentile
    bootstrap of so few pairs covers a little less than it says."""
    random, r = np.random.default_rng(1), 0.6
    true, held = 6 / np.pi * np.arcsin(r / 2), 0
    for _ in range(60):
        pairs = random.multivariate_normal([0, 0], [[1, r], [r, 1]], size=32)
        found = rank_correlation(pairs[:, 0].tolist(), pairs[:, 1].tolist())
        assert found is not None
        held += found.spearman.low <= true <= found.spearman.high
    assert 0.85 <= held / 60 <= 1.0
