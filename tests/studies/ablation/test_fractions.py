"""Fractions are what textbooks print, and orthogonal as far as their resolution says."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sem_ray.studies.ablation.fractions import Fraction, smallest_fraction

MONTGOMERY = {
    (3, 3): 4, (4, 4): 8, (5, 3): 8, (5, 5): 16, (6, 3): 8, (6, 4): 16, (6, 6): 32,
    (7, 3): 8, (7, 4): 16, (7, 7): 64, (8, 4): 16, (8, 5): 64, (9, 3): 16, (9, 4): 32,
    (9, 6): 128, (10, 3): 16, (10, 4): 32, (10, 5): 128, (11, 3): 16, (11, 4): 32, (11, 5): 128,
}  # fmt: skip
"""(factors, resolution) → runs, in table 8.14."""


@pytest.mark.parametrize(("asked", "runs"), MONTGOMERY.items())
def test_as_few_runs_as_the_textbook_has(asked: tuple[int, int], runs: int) -> None:
    fraction = smallest_fraction(*asked)
    assert len(list(fraction.runs())) == runs
    assert fraction.resolution is not None and fraction.resolution >= asked[1]


@given(st.integers(2, 10), st.integers(3, 6))
def test_any_factors_fewer_than_the_resolution_take_all_combinations_equally_often(
    factors: int, resolution: int
) -> None:
    fraction = smallest_fraction(factors, resolution)
    runs = list(fraction.runs())
    assert len(set(runs)) == len(runs) and runs[0] == (0,) * factors
    strength = min(factors, (fraction.resolution or factors + 1) - 1)
    for columns in list(combinations(range(factors), strength))[:40]:
        counts = Counter(tuple(run[column] for column in columns) for run in runs)
        assert len(counts) == 2**strength and len(set(counts.values())) == 1


def test_the_half_fraction_of_three_factors() -> None:
    """C = AB, mod 2: 000, 011, 101, 110; A is aliased with BC."""
    half = Fraction(3, {2: 0b011})
    assert list(half.runs()) == [(0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0)]
    assert half.words == {0b111} and half.resolution == 3
    assert half.aliases(0b001) == (0b110,)


def test_aliases_of_up_to_two_factors() -> None:
    """In the half fraction of four factors, D = ABC: AB with CD, and A with nothing that short."""
    half = smallest_fraction(4, 4)
    assert half.aliases(0b0001) == () and half.aliases(0b0011) == (0b1100,)


def test_a_resolution_no_fraction_has_gives_the_full_factorial() -> None:
    full = smallest_fraction(3, 4)
    assert full.resolution is None and len(list(full.runs())) == 8
