"""What an ablation changes of its baseline, and the design that follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from sem_ray.errors import BadInput
from sem_ray.spec.base import Frozen, Whole
from sem_ray.spec.validation import did_you_mean
from sem_ray.studies.ablation.design import (
    Design,
    Factor,
    Kind,
    factorial,
    factorial_size,
    fractional,
    one_factor,
    one_factor_size,
)
from sem_ray.studies.ablation.fractions import MOST_FACTORS, Fraction, smallest_fraction
from sem_ray.studies.definition.distributions import Distribution, Space

MOST_CONFIGURATIONS = 1000
"""Of an ablation: each runs with every seed."""
RESOLUTION = 4
"""Of a fraction unless told otherwise: main effects are clear of two-factor interactions."""


class AblationSpec(Frozen):
    """How `design: ablation` changes the baseline. What may change is what `search` lists."""

    kind: Kind = "one-factor"
    """One factor at a time, all combinations (factorial), or a fraction of those, of factors with
    two values (fractional)."""
    baseline: dict[str, Any] = Field(default_factory=dict)
    """Searched path → its baseline value; a path that is left out has the first one it lists."""
    resolution: Annotated[Whole, Field(ge=3)] | None = None
    """Of a fraction: 3 tells main effects from each other, 4 from two-factor interactions too, 5
    those from each other too. Null is 4."""
    generators: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Of a fraction: path → the paths whose levels its own level follows from. Without them, those
    that need the fewest runs for `resolution`."""


NOT_WITH = ("sampler", "trials", "replicates", "finalists", "early_stopping", "enqueue", "points")
"""Keys of a study file that an ablation has no use for: its configurations follow from its design,
and all of them run to the end with the same seeds."""


def refuse_other_keys(tree: Mapping[str, Any], place: str) -> None:
    """Raise `BadInput` that names `place` if the file of an ablation has keys of a search, lacks
    seeds, or if that of a search has `ablation`."""
    if tree.get("design") != "ablation":
        if tree.get("ablation") is not None:
            raise BadInput(f"{place}: ablation: needs `design: ablation` beside it, or drop it")
        return
    for key in NOT_WITH:
        if tree.get(key) is not None:
            raise BadInput(
                f"{place}: {key}: an ablation runs the configurations of its design, all with the "
                f"same seeds; drop {key}"
            )
    if tree.get("seeds") is None:
        raise BadInput(
            f"{place}: an ablation needs seeds that all its configurations run with; give them, as "
            "seeds: [0, 1, 2, 3, 4]"
        )


def design_of(ablation: AblationSpec, search: Space, place: str) -> Design:
    """The configurations of an ablation. Raises `BadInput` that names `place`.

    Factors are in the order of their names, as records keep no other.
    """
    _refuse_unknown(ablation.baseline, search, f"{place}: ablation.baseline")
    factors = [_factor(path, d, ablation.baseline, place) for path, d in sorted(search.items())]
    if ablation.kind != "fractional":
        if ablation.resolution is not None or ablation.generators:
            raise BadInput(
                f"{place}: ablation: resolution and generators are those of a fraction; "
                "write kind: fractional, or drop them"
            )
        full = ablation.kind == "factorial"
        _refuse_too_many(factorial_size(factors) if full else one_factor_size(factors), place)
        return factorial(factors) if full else one_factor(factors)
    fraction = _fraction(ablation, [factor.path for factor in factors], place)
    _refuse_too_many(2 ** len(fraction.base), place)
    return fractional(_two_levels(factors, place), fraction)


def _factor(
    path: str, distribution: Distribution, baseline: Mapping[str, Any], place: str
) -> Factor:
    if distribution.size is None or distribution.size < 2:
        raise BadInput(
            f"{place}: search.{path}: an ablation changes it to another value; "
            "list two or more, as {choices: [..]}"
        )
    if distribution.size > MOST_CONFIGURATIONS:
        _refuse_too_many(distribution.size, place)
    levels = [distribution.at(position) for position in range(distribution.size)]
    if path not in baseline:
        return Factor(path, tuple(levels))
    first = baseline[path]
    if first not in levels:
        raise BadInput(
            f"{place}: ablation.baseline.{path}: {first!r} is not among the values that search "
            f"lists ({distribution}); add it there, or name one of them"
        )
    return Factor(path, (first, *(level for level in levels if level != first)))


def _fraction(ablation: AblationSpec, paths: list[str], place: str) -> Fraction:
    if len(paths) > MOST_FACTORS:
        raise BadInput(
            f"{place}: search: a fraction of {len(paths)} factors is more than {MOST_FACTORS}; "
            "change fewer settings"
        )
    if not ablation.generators:
        return smallest_fraction(len(paths), ablation.resolution or RESOLUTION)
    return _given_fraction(ablation, paths, f"{place}: ablation.generators")


def _given_fraction(ablation: AblationSpec, paths: list[str], place: str) -> Fraction:
    _refuse_unknown(ablation.generators, paths, place)
    generators = {}
    for path, sources in ablation.generators.items():
        base = [each for each in paths if each not in ablation.generators]
        _refuse_unknown(sources, base, f"{place}.{path}")
        if len(set(sources)) < len(sources):
            raise BadInput(f"{place}.{path}: names a setting twice; drop one")
        generators[paths.index(path)] = sum(1 << paths.index(source) for source in sources)
    fraction = Fraction(len(paths), generators)
    wanted, found = ablation.resolution or 3, fraction.resolution
    if found is not None and found < wanted:
        raise BadInput(
            f"{place}: give a fraction of resolution {found}, less than {wanted}; "
            "take products of more settings, or leave them out"
        )
    return fraction


def _refuse_unknown(names: Any, known: Any, place: str) -> None:
    for name in names:
        if name not in known:
            raise BadInput(
                f"{place}: {name} is not a setting that can stand here"
                f"{did_you_mean(name, known)}; known: {', '.join(known)}"
            )


def _two_levels(factors: list[Factor], place: str) -> list[Factor]:
    for factor in factors:
        if len(factor.levels) != 2:
            raise BadInput(
                f"{place}: search.{factor.path}: a fraction needs factors of two values, got "
                f"{len(factor.levels)}; list two, or take kind: one-factor or factorial"
            )
    return factors


def _refuse_too_many(configurations: int, place: str) -> None:
    if configurations > MOST_CONFIGURATIONS:
        raise BadInput(
            f"{place}: search: an ablation of {configurations:,} configurations is more than "
            f"{MOST_CONFIGURATIONS:,}; list fewer values, or take kind: fractional"
        )
