"""Who proposes the values of a configuration, and which searches each sampler can do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from sem_ray.spec.base import Count, Frozen, Whole
from sem_ray.spec.origin import Origin, origin_of
from sem_ray.studies.definition.space.choices import Choices
from sem_ray.studies.definition.space.distributions import Distribution

SamplerName = Literal["tpe", "nsga2", "nsga3", "gp", "cmaes", "random", "qmc", "grid"]


class SamplerSpec(Frozen):
    """Who proposes the values of a configuration."""

    name: SamplerName = "tpe"
    startup_trials: Count = 10
    """Configurations of `tpe` and `gp` that are drawn without a model, before one is fitted to
    what was found."""
    population: Annotated[Whole, Field(ge=2)] | None = None
    """Configurations in a generation of `nsga2`, `nsga3` and `cmaes`; null is 20, and for `cmaes`
    4 + ⌊3 ln d⌋ with d searched settings."""


@dataclass(frozen=True)
class Abilities:
    """What a sampler can search. `remedy` names samplers that can do what it cannot."""

    choices: bool = True
    """Settings that are one of a list, without an order."""
    conditions: bool = True
    """Settings that exist only if others have certain values."""
    objectives: bool = True
    """Several objectives."""
    remedy: str = "tpe"


ABILITIES: Mapping[SamplerName, Abilities] = {
    "tpe": Abilities(),
    "nsga2": Abilities(conditions=False),
    "nsga3": Abilities(conditions=False),
    "gp": Abilities(conditions=False),
    "cmaes": Abilities(choices=False, conditions=False, objectives=False),
    "random": Abilities(),
    "qmc": Abilities(),
    "grid": Abilities(),
}


def refuse_unable(
    sampler: SamplerSpec, search: Mapping[str, Distribution], objectives: int, place: str | Origin
) -> None:
    """Raise `BadInput` that names `place` if the sampler cannot do such a search."""
    able = ABILITIES[sampler.name]
    fault = _fault(able, search, objectives)
    if fault is not None:
        text = f"sampler.name: {sampler.name} cannot search {fault}; take {able.remedy}"
        raise origin_of(place).fault(("sampler", "name"), text)


def _fault(able: Abilities, search: Mapping[str, Distribution], objectives: int) -> str | None:
    if not able.objectives and objectives > 1:
        return f"{objectives} objectives at once"
    for path, distribution in search.items():
        if not able.choices and isinstance(distribution, Choices):
            return f"{path}, which is a list of choices and no range"
        if not able.conditions and distribution.when:
            return f"{path}, which exists only under a condition"
    return None
