"""What a study may spend, and when it has found enough."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from sem_ray.spec.base import Count, Frozen, Number

UNITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
SIZE = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([kMGT]?)B?\s*")


def _size(given: Any) -> Any:
    """Bytes from `20 GB` or `500MB`; numbers are taken as they are."""
    if not isinstance(given, str):
        return given
    found = SIZE.fullmatch(given)
    if found is None:
        raise ValueError("expected bytes, as 20 GB or 500 MB")
    return round(float(found[1]) * UNITS[found[2]])


Above = Annotated[Number, Field(gt=0)]
Bytes = Annotated[Count, BeforeValidator(_size)]


class BudgetSpec(Frozen):
    """Limits of a study. Once one is reached, no trial is started any more; those that run end. The
    same command with a larger budget goes on. Null is no limit."""

    configurations: Count | None = None
    """Configurations to finish, if fewer than `trials`."""
    device_hours: Above | None = None
    """Of the trials of all of the study's sweeps, failed ones too: hours × GPUs that a trial
    occupies, or × cores if it has no GPU."""
    passes: Above | None = None
    """Forward-backward passes over each training image, on average, of all trials together; a
    noise that several trials share counts once."""
    hours: Above | None = None
    """Of one sweep, from its start: the next one has as many again."""
    store_bytes: Bytes | None = None
    """Of the noises that the study's trials made: bytes, or text as `20 GB`."""
    target: Number | None = None
    """Value of the first objective that is good enough: the study is over once the mean of a
    configuration over its seeds reaches it."""
    stop_when_unlikely: bool = False
    """Propose no further configurations once they are unlikely to pay, which a sweep says in any
    case (`sem_ray.metrics.outlook`). Those that may be the best still run with further seeds."""
