"""The kind of model every spec is, and the units its numbers are given in."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.fields import FieldInfo

PIXEL_STEPS = 255
"""Radii and step sizes in specs are multiples of 1/255; tensors hold values in [0, 1]."""

UNWRITABLE = re.compile(r"[\x00\ud800-\udfff]")
"""What Python's text can hold, and neither UTF-8 files nor file names."""

EVERY = "all"
"""The key of a group of switches that stands for those which the group does not name."""

INLINE: Final = "written without the group's name"
"""Marks a field that holds a group whose settings are written beside the field's neighbours."""


class Frozen(BaseModel):
    """Immutable, strict about unknown keys, and closed to NaN and infinity."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True
    )


def written_fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The fields of `model` by the names that settings have in YAML."""
    found: dict[str, FieldInfo] = {}
    for name, field in model.model_fields.items():
        if INLINE in field.metadata and isinstance(field.annotation, type):
            found |= written_fields(field.annotation)
        else:
            found[name] = field
    return found


def _not_a_truth_value(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("expected a number")  # noqa: TRY004  what pydantic turns into its own
    return value


def _writable(text: str) -> str:
    if UNWRITABLE.search(text):
        raise ValueError("is not UTF-8 text, which records and noise files cannot hold; rename it")
    return text


Text = Annotated[str, AfterValidator(_writable)]
"""Text that UTF-8 can hold, as files need it. The system gives names that are not UTF-8 as lone
surrogates."""

Number = Annotated[float, BeforeValidator(_not_a_truth_value)]
"""A float that may not be `true`, which Python would take for 1. Text that is a number is read as
one, because YAML takes 1e-3 for text."""

Whole = Annotated[int, BeforeValidator(_not_a_truth_value)]

Radius = Annotated[Number, Field(ge=0, le=PIXEL_STEPS)]
"""An L∞ radius in 1/255; 0 switches the perturbation off."""

NoiseRadius = Annotated[Number, Field(ge=1, le=127)]
"""The protection radius ρu in 1/255. At least 1, because noise is kept in whole steps of 1/255,
and at most 127, because it is kept as int8."""

StepSize = Annotated[Number, Field(gt=0, le=PIXEL_STEPS)]
"""The length of one signed step, in 1/255."""

Count = Annotated[Whole, Field(ge=1)]


def unit(pixel_steps: float) -> float:
    """From 1/255 to [0, 1]."""
    return pixel_steps / PIXEL_STEPS


def default_step_size(radius: float, steps: int) -> float:
    """2ρ/K in 1/255: the paper's 1.6 at (8, 10) and 0.8 at (4, 10), carried to other K and ρ."""
    return 2 * radius / max(steps, 1)
