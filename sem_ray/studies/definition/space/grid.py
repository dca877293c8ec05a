"""The points of a grid, counted and found by number without a list of them all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from sem_ray.studies.definition.space.choice import value_key
from sem_ray.studies.definition.space.conditions import is_active, parents_first
from sem_ray.studies.definition.space.distributions import Space, Values

OTHER: Final = object()
"""Any value that no condition names."""


@dataclass(frozen=True)
class Grid:
    """Every combination of the values that are searched together, in the order they are written,
    the last path fastest."""

    space: Space

    @property
    def size(self) -> int:
        """0 if a range is continuous."""
        finite = all(distribution.size for distribution in self.space.values())
        return self._count(0, {}) if finite else 0

    def point(self, number: int) -> Values:
        """The values of point `number`, counted from 0."""
        values: Values = {}
        for depth, path in enumerate(self._paths):
            if is_active(self.space[path], values):
                position, number = self._split(depth, values, number)
                values[path] = self.space[path].at(position)
        return values

    def number(self, values: Mapping[str, Any]) -> int:
        """Which point these values are."""
        found = 0
        before: Values = {}
        for depth, path in enumerate(self._paths):
            if path in values:
                found += self._before(depth, before, self.space[path].position(values[path]))
                before[path] = values[path]
        return found

    @cached_property
    def _paths(self) -> tuple[str, ...]:
        return parents_first(self.space)

    @cached_property
    def _named(self) -> dict[str, dict[str, Any]]:
        """Path → its values that conditions name, by key; all others leave the same rest of the
        space."""
        found: dict[str, dict[str, Any]] = {}
        for distribution in self.space.values():
            for parent, wanted in distribution.when.items():
                found.setdefault(parent, {}).update({value_key(value): value for value in wanted})
        return found

    def _count(self, depth: int, values: Values) -> int:
        """Points of the paths from `depth` on, after these values of those before them."""
        if depth == len(self._paths):
            return 1
        path = self._paths[depth]
        distribution = self.space[path]
        if not is_active(distribution, values):
            return self._count(depth + 1, values)
        named = self._named.get(path, {}).values()
        branches = sum(self._after(depth, values, value) for value in named)
        return branches + ((distribution.size or 1) - len(named)) * self._after(
            depth, values, OTHER
        )

    def _after(self, depth: int, values: Values, value: Any) -> int:
        """Points that follow if the path at `depth` has this value."""
        path = self._paths[depth]
        same = self._named.get(path, {}).get(value_key(value), OTHER)
        return self._count(depth + 1, {**values, path: same})

    def _split(self, depth: int, values: Values, number: int) -> tuple[int, int]:
        """The position of the value at `depth` in point `number`, and what is left of the number
        for the paths after it."""
        path = self._paths[depth]
        if path not in self._named:
            return divmod(number, self._after(depth, values, OTHER))
        position = 0
        while number >= (count := self._at(depth, values, position)):
            position, number = position + 1, number - count
        return position, number

    def _before(self, depth: int, values: Values, position: int) -> int:
        """Points with the same values before `depth` and a smaller position there."""
        if self._paths[depth] not in self._named:
            return position * self._after(depth, values, OTHER)
        return sum(self._at(depth, values, each) for each in range(position))

    def _at(self, depth: int, values: Values, position: int) -> int:
        return self._after(depth, values, self.space[self._paths[depth]].at(position))
