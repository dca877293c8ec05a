"""Points of a grid have numbers, also if some settings are searched in some of them only."""

from __future__ import annotations

from itertools import product
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sem_ray.spec.origin import Origin
from sem_ray.studies.definition.space.conditions import is_active, parents_first
from sem_ray.studies.definition.space.distributions import Space, Values, read_distribution
from sem_ray.studies.definition.space.grid import Grid

KINDS: list[dict[str, Any]] = [{"choices": ["x", [0, 4], None]}, {"low": 1, "high": 4}]


@st.composite
def spaces(draw: st.DrawFn) -> Space:
    """Up to five settings of up to four values, each under conditions on some before it."""
    space: dict[str, Any] = {}
    for path in "abcde"[: draw(st.integers(1, 5))]:
        parents = draw(st.lists(st.sampled_from(sorted(space)), max_size=2)) if space else []
        when = {
            parent: draw(st.lists(st.sampled_from(space[parent].probes()), min_size=1, max_size=2))
            for parent in parents
        }
        kind: dict[str, Any] = draw(st.sampled_from(KINDS))
        space[path] = read_distribution({**kind, "when": when}, Origin("test"))
    return space


def every_point(space: Space) -> list[Values]:
    """By trying all combinations, in the order of the values."""
    found: list[Values] = []
    paths = parents_first(space)
    all_values = [[space[p].at(n) for n in range(space[p].size or 0)] for p in paths]
    for combination in product(*all_values):
        values: Values = {}
        for path, value in zip(paths, combination, strict=True):
            if is_active(space[path], values):
                values[path] = value
        if values not in found:
            found.append(values)
    return found


@settings(deadline=None)
@given(spaces())
def test_points_are_every_combination_once_in_order(space: Space) -> None:
    grid = Grid(space)
    points = [grid.point(number) for number in range(grid.size)]
    assert points == every_point(space)
    assert [grid.number(point) for point in points] == list(range(grid.size))


def test_a_vast_grid_is_counted_at_once() -> None:
    tree = {"low": 1, "high": 10**9}
    space = {path: read_distribution(tree, Origin("test")) for path in "abc"}
    grid = Grid(space)
    assert grid.size == 10**27
    assert grid.number(grid.point(10**20 + 7)) == 10**20 + 7


def test_a_continuous_range_has_no_points() -> None:
    space = {"a": read_distribution({"low": 0.0, "high": 1.0}, Origin("test"))}
    assert Grid(space).size == 0
