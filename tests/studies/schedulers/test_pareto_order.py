"""Fronts and crowding, against their definitions written out for every pair of points."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sem_ray.studies.schedulers.pareto_order import Matrix, crowding, fronts, pareto_rank

POINTS = st.integers(1, 3).flatmap(
    lambda size: st.lists(
        st.tuples(*[st.integers(0, 6).map(float)] * size), min_size=1, max_size=16
    )
)


def dominates(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one != other and all(a <= b for a, b in zip(one, other, strict=True))


def slow_fronts(points: Sequence[tuple[float, ...]]) -> list[set[int]]:
    left, found = set(range(len(points))), []
    while left:
        front = {i for i in left if not any(dominates(points[j], points[i]) for j in left)}
        found.append(front)
        left -= front
    return found


def slow_crowding(points: Sequence[tuple[float, ...]]) -> list[float]:
    """Of distinct values in every objective."""
    total = [0.0] * len(points)
    for column in zip(*points, strict=True):
        for i, own in enumerate(column):
            below = [value for value in column if value < own]
            above = [value for value in column if value > own]
            if not below or not above:
                total[i] = math.inf
            else:
                total[i] += (min(above) - max(below)) / (max(column) - min(column))
    return total


def matrix(points: Sequence[tuple[float, ...]]) -> Matrix:
    return np.asarray(points, dtype=np.float64)


@given(POINTS)
def test_fronts_are_those_of_the_definition(points: list[tuple[float, ...]]) -> None:
    assert [set(front.tolist()) for front in fronts(matrix(points))] == slow_fronts(points)


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=12, unique=True))
def test_crowding_is_that_of_the_definition(first: list[float]) -> None:
    points = [(value, -(value**3)) for value in first]
    if len({second for _, second in points}) == len(points):
        np.testing.assert_allclose(crowding(matrix(points)), np.asarray(slow_crowding(points)))


@given(POINTS)
def test_ranks_go_by_front_first(points: list[tuple[float, ...]]) -> None:
    ranks = [pareto_rank(own, points) for own in range(len(points))]
    before = 0
    for front in slow_fronts(points):
        assert all(before <= ranks[own] < before + len(front) for own in front)
        before += len(front)


def test_of_one_front_the_ends_come_first_and_then_who_stands_alone() -> None:
    points = [(0.0, 10.0), (1.0, 6.0), (1.1, 5.9), (5.0, 2.0), (10.0, 0.0)]
    assert [pareto_rank(own, points) for own in range(5)] == [0, 4, 3, 2, 0]
