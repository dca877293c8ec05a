"""Values of a searched setting as study files write them, and as Optuna's journal holds them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

from pydantic import BeforeValidator, Field, JsonValue, PlainValidator, Strict

from sem_ray.spec.base import Frozen


def _number(value: Any) -> int | float:
    """A whole number or another, as it is written: the two are searched differently."""
    if isinstance(value, str) and _is_number(value):
        raise ValueError("is text; write the number without quotes")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("expected a number")  # noqa: TRY004  what pydantic turns into its own
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("expected a finite number")
    return value


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


Number = Annotated[int | float, PlainValidator(_number, json_schema_input_type=int | float)]
Scalar = (
    Annotated[bool, Strict()]
    | Annotated[int, Strict()]
    | Annotated[float, Strict()]
    | Annotated[str, Strict()]
    | None
)
Choice = Scalar | list[JsonValue] | dict[str, JsonValue]

MOST_CHOICES = 1000
"""A longer list is a range, or a slip: each choice is checked to be an experiment."""


def encoded(value: Any) -> Any:
    """As trials hold it: a list or a mapping is JSON, because Optuna takes only scalars."""
    if isinstance(value, list | tuple | Mapping):
        return json.dumps(value, sort_keys=True)
    return value


class Fault(NamedTuple):
    """Why a distribution cannot be meant, and at which of its keys."""

    key: str
    text: str


def value_key(value: Any) -> str:
    """The same text for values that are the same setting, as 8 and 8.0, or 0.3 and 3 × 0.1."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else f"{value:.12g}"
    return repr(encoded(value))


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else [value]


Wanted = Annotated[
    tuple[Choice, ...], BeforeValidator(_as_list), Field(min_length=1, max_length=MOST_CHOICES)
]


class Conditional(Frozen):
    """What may be searched in some trials only."""

    when: dict[str, Wanted] = Field(default_factory=dict)
    """Path of another searched setting → the value, or a list of values, one of which it must have.
    In other trials the setting is as `base` and the preset give it."""

    @property
    def condition(self) -> str:
        """In words, to stand after what is searched."""
        terms = (
            f"{path} is {' or '.join(str(encoded(value)) for value in wanted)}"
            for path, wanted in self.when.items()
        )
        return f", if {' and '.join(terms)}" if self.when else ""
