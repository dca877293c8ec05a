"""What an ablation changes of its baseline, and the design that follows from it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Annotated, Any

from pydantic import Field

from sem_ray.spec.base import Frozen, Whole
from sem_ray.spec.origin import Origin
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
from sem_ray.studies.definition.space.choice import encoded
from sem_ray.studies.definition.space.distributions import Distribution, Space

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


def refuse_other_keys(tree: Mapping[str, Any], origin: Origin) -> None:
    """Raise `BadInput` if the file of an ablation has keys of a search or lacks seeds, or if that
    of a search has `ablation`."""
    if tree.get("design") != "ablation":
        if tree.get("ablation") is not None:
            text = "ablation: needs `design: ablation` beside it; add that, or drop this"
            raise origin.fault(("ablation",), text)
        return
    for key in NOT_WITH:
        if tree.get(key) is not None:
            text = f"{key}: an ablation runs all of its design with the same seeds; drop {key}"
            raise origin.fault((key,), text)
    if tree.get("seeds") is None:
        text = "seeds: an ablation needs some for all its runs, as seeds: [0, 1, 2, 3, 4]"
        raise origin.fault(("design",), text)


def design_of(ablation: AblationSpec, search: Space, origin: Origin) -> Design:
    """The configurations of an ablation. Raises `BadInput` with the line in the study's file.

    Factors are in the order of their names, as records keep no other.
    """
    _refuse_unknown(ablation.baseline, search, origin.within("ablation", "baseline"))
    factors = [_factor(path, d, ablation.baseline, origin) for path, d in sorted(search.items())]
    if ablation.kind == "fractional":
        fraction = _fraction(ablation, [factor.path for factor in factors], origin)
        _refuse_too_many(2 ** len(fraction.base), origin)
        return fractional(_two_levels(factors, origin), fraction)
    for key in ("resolution", "generators"):
        if getattr(ablation, key):
            text = f"{key}: is that of a fraction; write kind: fractional, or drop it"
            raise origin.fault(("ablation", key), f"ablation.{text}")
    full = ablation.kind == "factorial"
    _refuse_too_many(factorial_size(factors) if full else one_factor_size(factors), origin)
    return factorial(factors) if full else one_factor(factors)


def _factor(
    path: str, distribution: Distribution, baseline: Mapping[str, Any], origin: Origin
) -> Factor:
    at = origin.within("search")
    if distribution.when:
        text = "an ablation changes settings that every configuration has; drop `when`"
        raise at.fault((path, "when"), f"{path}: {text}")
    if distribution.size is None or distribution.size < 2:
        text = "an ablation changes it to another value; list two or more, as {choices: [..]}"
        raise at.fault((path,), f"{path}: {text}")
    _refuse_too_many(distribution.size, origin)
    levels = [distribution.at(position) for position in range(distribution.size)]
    first = encoded(baseline[path]) if path in baseline else levels[0]
    if first not in levels:
        raise origin.within("ablation", "baseline").fault(
            (path,),
            f"{path}: {first!r} is not among the values that search lists ({distribution}); add it "
            "there, or name one of them",
        )
    return Factor(path, (first, *(level for level in levels if level != first)))


def _fraction(ablation: AblationSpec, paths: list[str], origin: Origin) -> Fraction:
    if len(paths) > MOST_FACTORS:
        text = f"a fraction takes up to {MOST_FACTORS} settings, got {len(paths)}; change fewer"
        raise origin.fault(("search",), f"search: {text}")
    if not ablation.generators:
        return smallest_fraction(len(paths), ablation.resolution or RESOLUTION)
    return _given_fraction(ablation, paths, origin.within("ablation", "generators"))


def _given_fraction(ablation: AblationSpec, paths: list[str], origin: Origin) -> Fraction:
    _refuse_unknown(ablation.generators, paths, origin)
    base = [path for path in paths if path not in ablation.generators]
    generators = {}
    for path, sources in ablation.generators.items():
        _refuse_unknown(sources, base, origin.within(path))
        if len(set(sources)) < len(sources):
            raise origin.fault((path,), f"{path}: names a setting twice; drop one")
        generators[paths.index(path)] = sum(1 << paths.index(source) for source in sources)
    fraction = Fraction(len(paths), generators)
    wanted, found = ablation.resolution or 3, fraction.resolution
    if found is not None and found < wanted:
        text = f"give a fraction of resolution {found}, below {wanted}; name more settings in each"
        raise origin.fault((), text)
    return fraction


def _refuse_unknown(names: Iterable[str], known: Collection[str], origin: Origin) -> None:
    for name in names:
        if name not in known:
            near = did_you_mean(name, known) or f"; known: {', '.join(known)}"
            raise origin.fault((name,), f"{name} is no setting that can stand here{near}")


def _two_levels(factors: list[Factor], origin: Origin) -> list[Factor]:
    for factor in factors:
        if len(factor.levels) != 2:
            text = (
                f"a fraction needs settings of two values, got {len(factor.levels)}; list two, or "
                "take kind: one-factor or factorial"
            )
            raise origin.within("search").fault((factor.path,), f"{factor.path}: {text}")
    return factors


def _refuse_too_many(configurations: int, origin: Origin) -> None:
    if configurations > MOST_CONFIGURATIONS:
        text = (
            f"an ablation of {configurations:,} configurations is more than "
            f"{MOST_CONFIGURATIONS:,}; list fewer values, or take kind: fractional"
        )
        raise origin.fault(("search",), f"search: {text}")
