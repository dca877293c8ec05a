"""What work occupies while it runs. Never part of an identity: it changes no result."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sem_ray.spec.base import Count, Frozen, Number

Cpus = Annotated[Number, Field(gt=0)]
Gpus = Annotated[Number, Field(ge=0)]
Strategy = Literal["PACK", "SPREAD"]


class ActorSpec(Frozen):
    """The actors that share one generation or one victim; fractions share a core or a GPU."""

    count: Count = 1
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
    host memory. Null is where images are more than half of the machine's memory, or they and
    their noise more than half of the device's."""
