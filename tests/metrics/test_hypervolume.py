"""Exact volumes against counted boxes, textbook cases and Optuna's."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna._hypervolume import compute_hypervolume

from sem_ray.metrics.hypervolume import hypervolume

SIDE = 5


@st.composite
def whole_points(draw: st.DrawFn) -> tuple[list[tuple[int, ...]], tuple[int, ...]]:
    """Points on a grid, some of them outside, equal or dominated, and a corner."""
    objectives = draw(st.integers(1, 4))
    point = st.tuples(*[st.integers(0, SIDE + 1)] * objectives)
    return draw(st.lists(point, max_size=8)), (SIDE,) * objectives


@settings(max_examples=80)
@given(whole_points())
def test_it_is_the_number_of_unit_boxes_that_a_point_dominates(
    found: tuple[list[tuple[int, ...]], tuple[int, ...]],
) -> None:
    points, corner = found
    boxes = product(range(SIDE), repeat=len(corner))
    counted = sum(
        any(all(p <= b for p, b in zip(point, box, strict=True)) for point in points)
        for box in boxes
    )
    assert hypervolume(points, corner) == counted


@pytest.mark.parametrize("objectives", [2, 3, 4])
def test_it_agrees_with_optunas(objectives: int) -> None:
    points = np.random.default_rng(objectives).random((25, objectives))
    corner = np.ones(objectives)
    assert hypervolume(points.tolist(), corner.tolist()) == pytest.approx(
        compute_hypervolume(points, corner)
    )


def test_points_beyond_the_reference_and_none_at_all_add_nothing() -> None:
    assert hypervolume([], (1, 1)) == 0
    assert hypervolume([(2, 0), (0, 1)], (1, 1)) == 0
    assert hypervolume([(2, -9), (0.5, 0.5)], (1, 1)) == 0.25


def test_points_of_other_objectives_are_an_error() -> None:
    with pytest.raises(ValueError, match="zip"):
        hypervolume([(1, 2, 3)], (4, 5))
