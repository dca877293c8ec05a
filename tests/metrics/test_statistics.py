"""Intervals against figures that are printed in the literature, and by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sem_ray.metrics.statistics import (
    Estimate,
    accuracy_difference,
    accuracy_estimate,
    mean_estimate,
    paired_difference,
    verdict,
    welch_difference,
    welch_test,
)


def test_wilsons_interval_is_that_of_newcombes_paper() -> None:
    found = accuracy_estimate(100 * 81 / 263, 263)
    assert (found.low, found.high) == pytest.approx((25.53, 36.62), abs=0.01)
    assert accuracy_estimate(100.0, 29).high == 100 and accuracy_estimate(100.0, 29).low < 90
    assert accuracy_estimate(0.0, 20).high == pytest.approx(16.11, abs=0.01)


def test_the_difference_of_accuracies_is_that_of_newcombes_paper() -> None:
    """Method 10 on 56/70 and 48/80: 0.0524 to 0.3339."""
    one, other = accuracy_estimate(80.0, 70), accuracy_estimate(60.0, 80)
    found = accuracy_difference(one, other)
    assert found.value == pytest.approx(20)
    assert (found.low, found.high) == pytest.approx((5.24, 33.39), abs=0.01)


def test_the_mean_over_seeds_has_students_interval() -> None:
    found = mean_estimate([24.0, 25.0, 26.0])
    assert found.value == 25 and found.samples == 3
    assert found.high - 25 == pytest.approx(4.303 / math.sqrt(3), abs=1e-3)


def test_one_seed_says_nothing_of_its_spread() -> None:
    found = mean_estimate([24.0])
    assert found.value == 24 and not found.known
    assert verdict(paired_difference([24.0], [50.0])) == "cannot be told apart"


def test_no_value_and_unpaired_values_are_errors() -> None:
    with pytest.raises(ValueError, match="no values"):
        mean_estimate([])
    with pytest.raises(ValueError, match="longer"):
        paired_difference([1.0], [1.0, 2.0])


def test_pairs_take_out_what_a_seed_does_to_both() -> None:
    one, other = [20.0, 40.0, 60.0], [25.0, 45.5, 64.5]
    assert verdict(paired_difference(one, other)) == "better"
    assert verdict(paired_difference(one, other), "maximize") == "worse"
    assert verdict(paired_difference(other, one)) == "worse"


def test_an_interval_that_holds_zero_decides_nothing() -> None:
    assert verdict(Estimate(1.0, -0.5, 2.5, 3)) == "cannot be told apart"
    assert verdict(mean_estimate([1.0, 1.0])) == "worse"
    assert verdict(mean_estimate([0.0, 0.0])) == "cannot be told apart"


def test_the_interval_over_seeds_holds_the_mean_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    found = [mean_estimate(row) for row in rng.normal(50, 3, (500, 3)).tolist()]
    held = np.mean([one.low <= 50 <= one.high for one in found])
    assert 0.92 < held < 0.98


def test_welch_agrees_with_scipy_and_says_nothing_of_one_value() -> None:
    from scipy.stats import ttest_ind

    one, other = [61.0, 58.5, 66.0, 60.2], [70.1, 64.0, 69.5]
    found = welch_difference(one, other)
    theirs = ttest_ind(one, other, equal_var=False).confidence_interval(0.95)
    assert welch_test(one, other) == ttest_ind(one, other, equal_var=False).pvalue
    assert welch_test([1.0, 1.0], [3.0, 3.0]) == 0 and welch_test([1.0, 1.0], [1.0, 1.0]) == 1
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), rel=1e-9)
    assert welch_difference([1.0, 1.0], [3.0, 3.0]) == Estimate(-2.0, -2.0, -2.0, 4)
    with pytest.raises(ValueError, match="two values of each"):
        welch_difference([1.0], other)
