"""What of a study runs again with further seeds once its search is over."""

from __future__ import annotations

from collections.abc import Container
from typing import Annotated

from pydantic import Field

from sem_ray.errors import BadInput
from sem_ray.spec.base import Frozen, Whole

SEED = "seed"
"""The setting that further runs vary."""


class FinalistSpec(Frozen):
    """What runs again once the search is over. One run is a sample: the same settings with another
    seed can end elsewhere."""

    count: Annotated[Whole, Field(ge=2)] = 3
    """The best configurations of the search, by the first objective, that run again."""
    seeds: Annotated[Whole, Field(ge=2)] = 3
    """Further seeds of the experiment, the same for every finalist. Their mean says who wins; the
    winner then runs with as many seeds more, which give its estimate."""


def refuse_searched_seed(search: Container[str], place: str) -> None:
    """Raise `BadInput` that names `place` if a study with finalists searches the seed as well."""
    if SEED in search:
        raise BadInput(
            f"{place}: search.{SEED}: finalists run again with other seeds, so {SEED} cannot be "
            "searched too; drop one of the two"
        )
