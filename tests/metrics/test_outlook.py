"""The outlook of a search, against simulation."""

from __future__ import annotations

import math
from statistics import NormalDist, fmean

import numpy as np
import pytest
from numpy.random import Generator

from sem_ray.metrics.outlook import expected_improvement, outlook, pooled_noise
from sem_ray.rng import numpy_generator

NOISE = 3.0


def runs(generator: Generator, spread: float, count: int, seeds: int = 2) -> list[list[float]]:
    """Configurations whose true costs are normal, each measured with a few seeds."""
    true = generator.normal(50, spread, count) if spread else np.full(count, 50.0)
    return [list(generator.normal(value, NOISE, seeds)) for value in true]


@pytest.mark.parametrize("best", [-3.0, -1.0, 0.5, 4.0])
@pytest.mark.parametrize("draws", [1, 5, 40])
def test_the_expected_improvement_is_that_of_simulated_draws(best: float, draws: int) -> None:
    least = numpy_generator(0, "draws").normal(0.2, 1.3, (200_000, draws)).min(1)
    naive = np.maximum(best - least, 0).mean()
    assert expected_improvement(best, 0.2, 1.3, draws) == pytest.approx(naive, abs=0.01)


def test_without_spread_only_a_better_centre_improves() -> None:
    assert expected_improvement(1.0, 3.0, 0.0, 5) == 0
    assert expected_improvement(3.0, 1.0, 0.0, 5) == 2


def test_the_pooled_noise_is_that_of_an_analysis_of_variance() -> None:
    generator = numpy_generator(0, "noise")
    found = [list(generator.normal(10 * row, NOISE, 2 + row % 3)) for row in range(300)]
    inner = [value - fmean(costs) for costs in found for value in costs]
    freedom = sum(len(costs) - 1 for costs in found)
    naive = math.sqrt(sum(value**2 for value in inner) / freedom)
    assert pooled_noise(found) == pytest.approx(naive)
    assert pooled_noise(found) == pytest.approx(NOISE, rel=0.1)


def test_nothing_is_said_without_enough_configurations_or_any_second_seed() -> None:
    generator = numpy_generator(0, "few")
    assert outlook(runs(generator, 5, 9)) is None
    assert outlook(runs(generator, 5, 30, seeds=1)) is None


def share_unlikely(spread: float, count: int) -> float:
    generator = numpy_generator(1, "curves", round(spread * 10), count)
    found = [outlook(runs(generator, spread, count)) for _ in range(100)]
    return fmean(one is not None and one.unlikely for one in found)


def test_more_of_what_differs_only_by_noise_is_unlikely_to_pay() -> None:
    assert share_unlikely(0.0, 20) >= 0.95


@pytest.mark.parametrize("best", ["as good as to be expected", "far better"])
def test_more_of_what_differs_far_more_than_noise_may_pay_until_the_best_stands_out(
    best: str,
) -> None:
    generator, spread = numpy_generator(3, best), 10 * NOISE
    expected = best == "as good as to be expected"
    verdicts = []
    for _ in range(50):
        true = [NormalDist(50, spread).inv_cdf((row + 0.5) / 20) for row in range(20)]
        generator.shuffle(true)
        true[7] = true[7] if expected else 50 - 5 * spread
        found = outlook([list(generator.normal(value, NOISE, 2)) for value in true])
        verdicts.append(found is not None and found.unlikely)
    assert fmean(verdicts) <= 0.05 if expected else fmean(verdicts) >= 0.95


def test_what_is_expected_is_what_further_configurations_give() -> None:
    """Over many searches the mean improvement is the mean of those that were expected."""
    generator = numpy_generator(2, "calibration")
    expected, given = [], []
    for _ in range(400):
        true = generator.normal(50, 6, 60)
        costs = [list(generator.normal(value, NOISE, 3)) for value in true[:40]]
        found = outlook(costs)
        assert found is not None and found.further == 20
        chosen = int(np.argmin([fmean(one) for one in costs]))
        expected.append(found.improvement)
        given.append(max(true[chosen] - true[40:].min(), 0))
    assert fmean(expected) == pytest.approx(fmean(given), rel=0.35)


def test_the_outlook_is_a_sentence() -> None:
    found = outlook(runs(numpy_generator(0, "words"), 0.0, 20))
    assert str(found).startswith("more configurations are unlikely to pay: 10 further ones")
