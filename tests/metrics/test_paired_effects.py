"""Effects of changes against scipy and statsmodels, and how often their intervals are right."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import DescrStatsW

from sem_ray.metrics import paired_effects
from sem_ray.metrics.paired_effects import (
    bootstrap_interval,
    hedges_g,
    holm,
    paired_effect,
    probability_of_improvement,
)
from sem_ray.metrics.statistics import mean_estimate

WITH = [61.2, 58.9, 64.0, 57.7, 60.3, 59.1, 62.8]
WITHOUT = [66.0, 65.1, 64.9, 60.2, 68.4, 61.0, 67.7]
DIFFERENCES = [a - b for a, b in zip(WITH, WITHOUT, strict=True)]

Interval = Callable[[list[float]], tuple[float, float]]

values = st.floats(-100, 100).map(lambda value: round(value, 3))


def test_the_t_test_and_its_interval_are_scipys_and_statsmodels() -> None:
    found = paired_effect(DIFFERENCES)
    theirs = stats.ttest_rel(WITH, WITHOUT)
    interval = DescrStatsW(DIFFERENCES).tconfint_mean()
    assert found.p == pytest.approx(theirs.pvalue, rel=1e-9)
    assert found.t_interval == pytest.approx(tuple(theirs.confidence_interval()), rel=1e-9)
    assert found.t_interval == pytest.approx(interval, rel=1e-9)
    assert found.value == pytest.approx(np.mean(DIFFERENCES)) and found.seeds == 7


def test_the_bootstrap_is_the_percentile_one_of_the_seed() -> None:
    """Against resamples drawn by hand; the same seed gives the same interval."""
    draws = np.random.default_rng(0).choice(DIFFERENCES, (40_000, len(DIFFERENCES))).mean(axis=1)
    found = bootstrap_interval(DIFFERENCES)
    assert found == pytest.approx(np.percentile(draws, [2.5, 97.5]), abs=0.1)
    assert found == bootstrap_interval(DIFFERENCES, seed=0)
    assert found != bootstrap_interval(DIFFERENCES, seed=1)


@pytest.mark.parametrize("count", [3, 5, 7])
def test_hedges_g_is_the_gamma_formula_and_near_its_usual_approximation(count: int) -> None:
    some = DIFFERENCES[:count]
    d_z, free = np.mean(some) / np.std(some, ddof=1), count - 1
    exact = math.gamma(free / 2) / (math.sqrt(free / 2) * math.gamma((free - 1) / 2))
    assert hedges_g(some) == pytest.approx(exact * d_z, rel=1e-12)
    assert hedges_g(some) == pytest.approx((1 - 3 / (4 * free - 1)) * d_z, rel=0.03)


def test_hedges_g_has_no_bias() -> None:
    """The mean over many small samples is the true 0.8, where d_z is a third too large."""
    samples = np.random.default_rng(5).normal(0.8, 1, (20_000, 5))
    found = np.mean([hedges_g(row) or 0.0 for row in samples.tolist()])
    assert found == pytest.approx(0.8, abs=0.02)


def test_equal_differences_have_no_spread_to_measure_with() -> None:
    same = paired_effect([0.3 - 0.1, 1.3 - 1.1, 2.3 - 2.1])
    assert same.effect_size is None and same.p == 0
    none = paired_effect([0.0, 0.0])
    assert none.p == 1 and none.t_interval == (0, 0) and none.bootstrap_interval == (0, 0)


def test_one_seed_says_nothing_but_the_difference() -> None:
    found = paired_effect([-3.0])
    assert found.value == -3 and found.seeds == 1
    assert found.t_interval is None and found.bootstrap_interval is None
    assert found.effect_size is None and found.p is None


@pytest.mark.parametrize(
    "ps", [[0.04], [0.01, 0.04, 0.03, 0.005], [0.5, 0.5, 0.001, 0.9, 0.02], [0.0, 1.0, 0.2, 0.2]]
)
def test_holms_correction_is_that_of_statsmodels(ps: list[float]) -> None:
    assert holm(ps) == pytest.approx(multipletests(ps, method="holm")[1], abs=1e-12)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holms_correction_is_its_definition(ps: list[float]) -> None:
    """The largest of (m - k) p over the p values that are no larger, k counted from 0."""
    ordered = sorted(ps)
    steps = [(len(ps) - rank) * p for rank, p in enumerate(ordered)]
    expected = [min(1.0, max(steps[: ordered.index(p) + 1])) for p in ps]
    assert holm(ps) == pytest.approx(expected, abs=1e-12)


@given(st.lists(values, min_size=1, max_size=8), st.lists(values, min_size=1, max_size=8))
def test_the_probability_of_improvement_is_the_mann_whitney_statistic(
    one: list[float], other: list[float]
) -> None:
    found = probability_of_improvement(one, other, larger_is_better=True)
    theirs = stats.mannwhitneyu(one, other, alternative="greater").statistic
    assert found == pytest.approx(theirs / (len(one) * len(other)))
    smaller = probability_of_improvement(one, other, larger_is_better=False)
    assert found + smaller == pytest.approx(1)


@pytest.mark.parametrize("seeds", [3, 5, 8])
def test_the_t_interval_covers_the_truth_in_93_to_97_percent(seeds: int) -> None:
    """Of 4,000 experiments whose runs have normal noise, on top of what a seed does to both."""
    assert 0.93 <= _coverage(_differences("normal", seeds, 4000), _t) <= 0.97


@pytest.mark.parametrize("shape", ["uniform", "exponential"])
@pytest.mark.parametrize("seeds", [3, 5, 8])
def test_it_covers_about_as_often_if_the_noise_of_runs_is_not_normal(
    seeds: int, shape: str
) -> None:
    """A skew cancels in the difference of two runs; tails make the interval a little too wide."""
    assert 0.925 <= _coverage(_differences(shape, seeds, 2000), _t) <= 0.985


@pytest.mark.parametrize(("seeds", "covered"), [(3, 0.75), (5, 0.82), (8, 0.88)])
def test_the_bootstrap_covers_too_rarely_for_few_seeds(
    monkeypatch: pytest.MonkeyPatch, seeds: int, covered: float
) -> None:
    """With 3 seeds it is the smallest and the largest difference: 1 - 2/2**3 of cases."""
    monkeypatch.setattr(paired_effects, "RESAMPLES", 2000)
    found = _coverage(_differences("normal", seeds, 1500), bootstrap_interval)
    assert found == pytest.approx(covered, abs=0.035)


def _t(differences: list[float]) -> tuple[float, float]:
    found = mean_estimate(differences)
    return found.low, found.high


def _differences(shape: str, seeds: int, experiments: int) -> NDArray[np.float64]:
    """[experiments, seeds]: pairs of runs of which the change does nothing."""
    generator = np.random.default_rng(11)
    draws: dict[str, Callable[[], NDArray[np.float64]]] = {
        "normal": lambda: generator.normal(size=size),
        "uniform": lambda: generator.uniform(-1, 1, size),
        "exponential": lambda: generator.exponential(size=size),
    }
    size = (experiments, seeds)
    by_seed = generator.normal(0, 3, size)
    with_change, without = (by_seed + draws[shape]() for _ in range(2))
    return with_change - without


def _coverage(rows: NDArray[np.float64], interval: Interval) -> float:
    found = [interval(row) for row in rows.tolist()]
    return float(np.mean([low <= 0 <= high for low, high in found]))
