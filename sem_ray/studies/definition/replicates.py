"""With which seeds a study runs each configuration. One run is a sample: the same settings with
another seed can end elsewhere."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from sem_ray.spec.base import Frozen, Whole
from sem_ray.spec.origin import Origin, origin_of

SEED = "seed"
"""The setting of an experiment that replicates vary."""

Seeds = Annotated[tuple[Whole, ...], Field(min_length=1)]


class ReplicateSpec(Frozen):
    """Replicates of a configuration: runs of the same settings with different seeds.

    Every configuration of the search runs with `min` seeds. Then those that may still be the best
    run with one seed more each, round after round, until one is left or each has `max`. The winner
    runs with `confirm` seeds more, which had no part in the choice and give its estimate.
    """

    min: Annotated[Whole, Field(ge=1)] = 1
    """Seeds of every configuration; the sampler learns from their mean."""
    max: Annotated[Whole, Field(ge=1)] = 8
    """Most seeds that choose the winner; equal to `min`, no configuration gets more than others."""
    finalists: Annotated[Whole, Field(ge=2)] | None = 8
    """Most configurations that get more than `min` seeds: the best of the search by their means.
    Null sets no limit."""
    confirm: Annotated[Whole, Field(ge=0)] = 4
    """Seeds of the winner's estimate; with 0 it has no estimate of its own."""
    seeds: Seeds | None = None
    """The first seeds, in order; further ones follow the largest. Null counts from the seed of the
    experiment."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.max < self.min:
            raise ValueError(f"max {self.max} is below min {self.min}; raise max or lower min")
        if self.seeds and len(set(self.seeds)) < len(self.seeds):
            raise ValueError("a seed is there twice; replicates need different ones")
        return self

    def seed(self, number: int, first: int) -> int:
        """The seed of replicate `number`, counted from 0, of an experiment whose seed is
        `first`."""
        if self.seeds is None:
            return first + number
        if number < len(self.seeds):
            return self.seeds[number]
        return max(self.seeds) + 1 + number - len(self.seeds)

    @property
    def choosing(self) -> range:
        """Numbers of the replicates that choose the winner."""
        return range(self.max)

    @property
    def confirming(self) -> range:
        """Numbers of the replicates that give the winner's estimate."""
        return range(self.max, self.max + self.confirm)


OTHER_FORMS = ("seeds", "finalists")
"""Keys of a study file that stand for `replicates`; the second is that of earlier versions."""


def with_replicates(tree: Mapping[str, Any], place: str | Origin) -> dict[str, Any]:
    """A study's settings in which `seeds: [..]` and the earlier form `finalists: {count, seeds}`
    are `replicates`.

    Raises `BadInput` that names `place` if more than one form is given.
    """
    origin = origin_of(place)
    forms = [key for key in ("replicates", *OTHER_FORMS) if tree.get(key) is not None]
    if len(forms) > 1:
        raise origin.fault((forms[1],), f"give {forms[0]} or {forms[1]}, not both")
    rest = {key: value for key, value in tree.items() if key not in OTHER_FORMS}
    if forms == ["seeds"] and isinstance(tree["seeds"], list | tuple) and tree["seeds"]:
        count = len(tree["seeds"])
        return {**rest, "replicates": {"min": count, "max": count, "seeds": tree["seeds"]}}
    if forms == ["seeds"]:
        text = f"seeds: needs a list, as [0, 1, 2], got {tree['seeds']!r}"
        raise origin.fault(("seeds",), text)
    if forms == ["finalists"]:
        return {**rest, "replicates": _of_finalists(tree["finalists"], origin)}
    return rest


def _of_finalists(tree: Any, origin: Origin) -> dict[str, Any]:
    """What an earlier version wrote as `finalists`: one run each, then `seeds` more for the best
    `count`, and as many for the winner."""
    given = tree if isinstance(tree, Mapping) else {}
    count, seeds = given.get("count", 3), given.get("seeds", 3)
    if given.keys() - {"count", "seeds"} or not isinstance(seeds, int):
        form = "replicates: {min: 1, max: 5, finalists: 3, confirm: 4}"
        raise origin.fault(("finalists",), f"finalists: is now written as {form}")
    return {"min": 1, "max": seeds + 1, "finalists": count, "confirm": seeds}


def refuse_searched_seed(search: Container[str], place: str | Origin) -> None:
    """Raise `BadInput` that names `place` if a study with replicates searches the seed as well."""
    if SEED in search:
        raise origin_of(place).fault(
            ("search", SEED),
            f"search.{SEED}: replicates run with other seeds, so {SEED} cannot be searched too; "
            "drop one of the two",
        )
