"""What work occupies while it runs. Never part of an identity: it changes no result."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, PlainValidator, model_validator

from sem_ray.spec.base import Frozen, Number, Text, Whole

SMALLEST = 0.01
"""Of a core or a GPU. Ray rounds to 0.0001, and fails on a process that occupies nothing."""
MOST_ACTORS = 10_000
AUTO: Literal["auto"] = "auto"


def _whole_above_one(gpus: float) -> float:
    if 0 < gpus < SMALLEST:
        raise ValueError(f"a share of a GPU is at least {SMALLEST}, or 0 for none")
    if gpus > 1 and gpus != int(gpus):
        raise ValueError("above 1, GPUs come as whole numbers")
    return gpus


def _amount_or_auto(given: Any) -> float | Literal["auto"]:
    """By hand, because a union would tell of a wrong number that it is not `auto` either."""
    if given == AUTO:
        return AUTO
    try:
        number = float("" if isinstance(given, bool) else given)
    except (TypeError, ValueError):
        raise ValueError("expected a number of GPUs, or auto") from None
    if not 0 <= number < math.inf:
        raise ValueError("expected a number of GPUs from 0 on, or auto")
    return _whole_above_one(number)


Cpus = Annotated[Number, Field(ge=SMALLEST)]
Gpus = Annotated[Number, Field(ge=0), AfterValidator(_whole_above_one)]
WantedGpus = Annotated[
    float | Literal["auto"],
    PlainValidator(_amount_or_auto, json_schema_input_type=Gpus | Literal["auto"]),
]
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


class _Place(Frozen):
    """What wished and given resources share."""

    cpus: Cpus = 1
    gpu_kind: Text | None = None
    """Only on machines with GPUs of this kind, by Ray's name for it, as `H100`; null is any."""
    actors: ActorSpec | None = None
    stream: bool | None = None
    """Whether images stay in a file and stream to the device, batch by batch, and their noise in
    host memory. Null streams if images are more than half of the machine's memory, or they and
    their noise more than half of the device's."""


class TrialResources(_Place):
    """What one trial occupies while it runs. With `actors`, which do the work, `cpus` and `gpus`
    are those of the process that drives them."""

    gpus: Gpus = 0

    @property
    def cpus_in_all(self) -> float:
        """Of the trial's process and its actors."""
        return self.cpus + (self.actors.count * self.actors.cpus if self.actors else 0)

    @property
    def gpus_in_all(self) -> float:
        """Of the trial's process and its actors."""
        return self.gpus + (self.actors.count * self.actors.gpus if self.actors else 0)


class WantedResources(_Place):
    """What a study says of the resources of one trial."""

    gpus: WantedGpus = 0.0
    """`auto` is a share of a GPU by the memory that trials were measured to need, of a machine
    without GPUs none."""

    @model_validator(mode="before")
    @classmethod
    def _one_of_a_kind(cls, given: Any) -> Any:
        """A kind of GPU without a number is one such GPU."""
        if isinstance(given, Mapping) and given.get("gpu_kind") and not given.get("actors"):
            return {"gpus": 1.0, **given}
        return given

    @model_validator(mode="after")
    def _consistent(self) -> WantedResources:
        if self.gpus == AUTO and self.actors is not None:
            raise ValueError("gpus: auto is for trials without actors; say actors.gpus as a number")
        if self.gpu_kind is not None and not (self.gpus or (self.actors and self.actors.gpus)):
            raise ValueError("gpu_kind names GPUs of which none is asked for; give gpus as well")
        return self

    def given(self, gpus: float) -> TrialResources:
        """The resources of a trial that gets `gpus` GPUs."""
        kept = {name: getattr(self, name) for name in _Place.model_fields}
        return TrialResources(**kept, gpus=gpus)
