"""Effects of designs against least squares, which knows nothing of how designs are made."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import statsmodels.api as sm
from numpy.typing import NDArray

from sem_ray.studies.ablation.contrasts import Contrast, contrasts
from sem_ray.studies.ablation.design import Design, Factor, factorial, fractional, one_factor
from sem_ray.studies.ablation.fractions import smallest_fraction

TWO = [Factor(f"noise.f{number}", (0, 1)) for number in range(5)]
MIXED = (Factor("a", ("x", "y", "z")), Factor("b", (1, 2)), Factor("c", (0.5, 1.5)))


def effect(contrast: Contrast, results: NDArray[np.float64]) -> float:
    return float(sum(weight * results[point] for point, weight in contrast.weights.items()))


def drawn(design: Design) -> NDArray[np.float64]:
    return np.random.default_rng(3).normal(50, 10, len(design.points))


def test_one_factor_at_a_time() -> None:
    design = one_factor(MIXED)
    assert design.points == ((0, 0, 0), (1, 0, 0), (2, 0, 0), (0, 1, 0), (0, 0, 1))
    assert design.values(2) == {"a": "z", "b": 1, "c": 0.5}
    assert design.baseline == {"a": "x", "b": 1, "c": 0.5}
    results = np.array([10.0, 11, 13, 20, 5])
    found = {c.changes[0].after: effect(c, results) for c in contrasts(design)}
    assert found == {"y": 1, "z": 3, 2: 10, 1.5: -5}


@pytest.mark.parametrize(
    "design",
    [factorial(TWO[:3]), factorial(MIXED[1:]), fractional(TWO, smallest_fraction(5, 5))],
    ids=["2^3", "2^2", "2^(5-1)"],
)
def test_two_levels_agree_with_least_squares(design: Design) -> None:
    """Main effects are twice the coefficients of levels coded -1 and 1, interactions four times."""
    coded = 2 * np.array(design.points) - 1
    pairs = [coded[:, i] * coded[:, j] for i, j in combinations(range(coded.shape[1]), 2)]
    results = drawn(design)
    fit = sm.OLS(results, np.column_stack([np.ones(len(coded)), coded, *pairs])).fit().params
    found = [effect(contrast, results) for contrast in contrasts(design)]
    mains = coded.shape[1]
    expected = [*(2 * fit[1 : mains + 1]), *(4 * fit[mains + 1 :])]
    assert found == pytest.approx(expected, rel=1e-9)


def test_several_levels_are_compared_with_the_baselines() -> None:
    design = factorial(MIXED)
    results = drawn(design)
    found = contrasts(design)
    assert [c.kind for c in found].count("main effect") == 4
    assert [c.kind for c in found].count("interaction") == 5
    levels = np.array(design.points)
    z = results[levels[:, 0] == 2].mean() - results[levels[:, 0] == 0].mean()
    assert effect(found[1], results) == pytest.approx(z)
    cell = {
        (i, j): results[(levels[:, 0] == i) & (levels[:, 1] == j)].mean()
        for i in (0, 2)
        for j in (0, 1)
    }
    of_z = next(c for c in found if [x.after for x in c.changes] == ["z", 2])
    differences = (cell[2, 1] - cell[0, 1]) - (cell[2, 0] - cell[0, 0])
    assert effect(of_z, results) == pytest.approx(differences)


@pytest.mark.parametrize("design", [one_factor(MIXED), factorial(MIXED), factorial(TWO)])
def test_what_is_common_to_all_configurations_drops_out(design: Design) -> None:
    for contrast in contrasts(design):
        assert effect(contrast, np.full(len(design.points), 7.0)) == pytest.approx(0, abs=1e-9)


def test_a_fraction_says_what_it_cannot_tell_apart() -> None:
    """Resolution III: main effects share their contrasts with interactions, which are left out."""
    found = contrasts(fractional(TWO[:3], smallest_fraction(3, 3)))
    assert [c.kind for c in found] == ["main effect"] * 3
    assert found[0].aliases == (("noise.f1", "noise.f2"),)
    clear = contrasts(fractional(TWO, smallest_fraction(5, 5)))
    assert len(clear) == 15 and not any(c.aliases for c in clear)
