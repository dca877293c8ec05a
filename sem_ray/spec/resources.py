"""What work occupies while it runs. Never part of an identity: it changes no result."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from sem_ray.spec.base import Frozen, Number, Whole

SMALLEST = 0.01
"""Of a core or a GPU. Ray rounds to 0.0001, and fails on a process that occupies nothing."""
MOST_ACTORS = 10_000


def _whole_above_one(gpus: float) -> float:
    if 0 < gpus < SMALLEST:
        raise ValueError(f"a share of a GPU is at least {SMALLEST}, or 0 for none")
    if gpus > 1 and gpus != int(gpus):
        raise ValueError("above 1, GPUs come as whole numbers")
    return gpus


Cpus = Annotated[Number, Field(ge=SMALLEST)]
Gpus = Annotated[Number, Field(ge=0), AfterValidator(_whole_above_one)]
Strategy = Literal["PACK", "SPREAD"]


class ActorSpec(Frozen):
    """The actors that share one generation or one victim; fractions share a core or a GPU."""

    count: Annotated[Whole, Field(ge=1, le=MOST_ACTORS)] = 1
    cpus: Cpus = 1
    """Of each actor."""
    gpus: Gpus = 0
    """Of each actor."""
    strategy: Strategy = "PACK"
    """On as few machines as possible, or on as many."""


class TrialResources(Frozen):
    """What one trial occupies while it runs. With `actors`, which do the work, `cpus` and `gpus`
    are those of the process that drives them."""

    cpus: Cpus = 1
    gpus: Gpus = 0
    actors: ActorSpec | None = None
    stream: bool | None = None
    """Whether images stay in a file and stream to the device, batch by batch, and their noise in
    host memory. Null streams if images are more than half of the machine's memory, or they and
    their noise more than half of the device's."""
