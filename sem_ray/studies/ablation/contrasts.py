"""What a design can say: each effect as a weighted sum of its configurations' results."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

from sem_ray.studies.ablation.design import Design, Point

EffectKind = Literal["change", "main effect", "interaction"]


@dataclass(frozen=True)
class Change:
    """One setting, from the baseline's value to another."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Contrast:
    """One effect. The weights above 0 sum to as much as those below, so what a seed does to all
    configurations drops out."""

    kind: EffectKind
    changes: tuple[Change, ...]
    """One; of an interaction two."""
    weights: Mapping[int, float]
    """Configuration → its weight in the effect."""
    aliases: tuple[tuple[str, ...], ...] = ()
    """Interactions, each as the paths of its factors, that this fraction cannot tell from it."""


def contrasts(design: Design) -> tuple[Contrast, ...]:
    """All effects of a design: of one factor at a time, each changed configuration against the
    baseline; of a factorial, main effects, then the two-factor interactions that are aliased with
    no effect of one or two factors."""
    if design.kind == "one-factor":
        return tuple(_changes(design))
    return *_main_effects(design), *_interactions(design)


def _changes(design: Design) -> Iterator[Contrast]:
    for number, point in enumerate(design.points[1:], start=1):
        factor = next(f for f, level in enumerate(point) if level)
        change = _change(design, factor, point[factor])
        yield Contrast("change", (change,), {number: 1.0, 0: -1.0})


def _main_effects(design: Design) -> Iterator[Contrast]:
    """The mean over the configurations at a level minus that over those at the baseline's."""
    for factor, level in _other_levels(design):
        weights = _sum(
            _mean(design, _in_cell({factor: level})),
            _mean(design, _in_cell({factor: 0}), sign=-1),
        )
        change = _change(design, factor, level)
        yield Contrast("main effect", (change,), weights, _aliases(design, factor))


def _interactions(design: Design) -> Iterator[Contrast]:
    """How the effect of one change differs between the other factor's changed and its baseline's
    level: a difference of differences, twice what textbooks call the interaction effect."""
    for (one, a), (other, b) in combinations(_other_levels(design), 2):
        if one == other or _is_aliased(design, one, other):
            continue
        cells = [
            _mean(design, _in_cell({one: i, other: j}), sign=1 if bool(i) == bool(j) else -1)
            for i in (a, 0)
            for j in (b, 0)
        ]
        changes = _change(design, one, a), _change(design, other, b)
        yield Contrast("interaction", changes, _sum(*cells))


def _other_levels(design: Design) -> Iterator[tuple[int, int]]:
    for number, factor in enumerate(design.factors):
        yield from ((number, level) for level in range(1, len(factor.levels)))


def _change(design: Design, factor: int, level: int) -> Change:
    found = design.factors[factor]
    return Change(found.path, found.levels[0], found.levels[level])


def _in_cell(levels: Mapping[int, int]) -> Callable[[Point], bool]:
    return lambda point: all(point[factor] == level for factor, level in levels.items())


def _mean(design: Design, chosen: Callable[[Point], bool], sign: int = 1) -> dict[int, float]:
    """Weights that give the mean over the chosen configurations."""
    numbers = [number for number, point in enumerate(design.points) if chosen(point)]
    return dict.fromkeys(numbers, sign / len(numbers))


def _sum(*parts: Mapping[int, float]) -> dict[int, float]:
    """Of weights on configurations that no two parts share."""
    return {number: weight for part in parts for number, weight in part.items()}


def _aliases(design: Design, factor: int) -> tuple[tuple[str, ...], ...]:
    if design.fraction is None:
        return ()
    sets = design.fraction.aliases(1 << factor)
    return tuple(
        tuple(f.path for number, f in enumerate(design.factors) if found >> number & 1)
        for found in sets
    )


def _is_aliased(design: Design, one: int, other: int) -> bool:
    return design.fraction is not None and bool(design.fraction.aliases(1 << one | 1 << other))
