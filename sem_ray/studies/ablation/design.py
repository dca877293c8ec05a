"""Which configurations an ablation runs: a fixed list that follows from its factors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any, Literal

from sem_ray.studies.ablation.fractions import Fraction

Kind = Literal["one-factor", "factorial", "fractional"]
Point = tuple[int, ...]
"""The level of each factor."""


@dataclass(frozen=True)
class Factor:
    """A setting that changes, and its values; level 0 is the baseline's."""

    path: str
    levels: tuple[Any, ...]


@dataclass(frozen=True)
class Design:
    """The configurations of an ablation. Every kind of design holds the baseline, first."""

    kind: Kind
    factors: tuple[Factor, ...]
    points: tuple[Point, ...]
    fraction: Fraction | None = None
    """Of a fractional design, whose factors have two levels."""

    def values(self, point: int) -> dict[str, Any]:
        """The settings of configuration number `point`."""
        levels = zip(self.factors, self.points[point], strict=True)
        return {factor.path: factor.levels[level] for factor, level in levels}

    @property
    def baseline(self) -> Mapping[str, Any]:
        return self.values(0)


def one_factor(factors: Sequence[Factor]) -> Design:
    """The baseline, then each other level of each factor with all others at the baseline."""
    alone = [
        tuple(level if own == factor else 0 for own in range(len(factors)))
        for factor in range(len(factors))
        for level in range(1, len(factors[factor].levels))
    ]
    return Design("one-factor", tuple(factors), ((0,) * len(factors), *alone))


def one_factor_size(factors: Sequence[Factor]) -> int:
    """Configurations of `one_factor`."""
    return 1 + sum(len(factor.levels) - 1 for factor in factors)


def factorial(factors: Sequence[Factor]) -> Design:
    """All combinations of levels, the last factor fastest."""
    levels = (range(len(factor.levels)) for factor in factors)
    return Design("factorial", tuple(factors), tuple(product(*levels)))


def factorial_size(factors: Sequence[Factor]) -> int:
    """Configurations of `factorial`."""
    return prod(len(factor.levels) for factor in factors)


def fractional(factors: Sequence[Factor], fraction: Fraction) -> Design:
    """The runs of `fraction`; every factor has two levels."""
    return Design("fractional", tuple(factors), tuple(fraction.runs()), fraction)
