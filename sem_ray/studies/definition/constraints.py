"""What a configuration must keep to: limits on measurements, as `generation_seconds <= 600`.

A constraint is about the mean over a configuration's replicates. One that is broken never wins,
however good its objectives are.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, model_validator

from sem_ray.metrics.measurement import current_key
from sem_ray.spec.base import Frozen, Number
from sem_ray.spec.origin import Origin, origin_of
from sem_ray.spec.validation import did_you_mean

Comparison = Literal["<", "<=", ">", ">="]

FORM = re.compile(r"\s*([^\s<>=]+)\s*(<=|>=|<|>)\s*([^\s<>=]+)\s*")
"""METRIC COMPARISON NUMBER."""
EXAMPLE = "write a measurement, one of < <= > >=, and a number, as generation_seconds <= 600"


class Constraint(Frozen):
    """One limit. A study file writes it as text: `passes < 1e6`."""

    metric: Annotated[str, AfterValidator(current_key)]
    """The measurement's key, as trials report it: `generation_seconds`."""
    comparison: Comparison
    bound: Number
    """In the measurement's unit."""

    @model_validator(mode="before")
    @classmethod
    def _read(cls, written: Any) -> Any:
        if not isinstance(written, str):
            return written
        if (found := FORM.fullmatch(written)) is None:
            raise ValueError(f"{written!r} is no constraint; {EXAMPLE}")
        metric, comparison, bound = found.groups()
        return {"metric": metric, "comparison": comparison, "bound": _number(bound, written)}

    def violation(self, metrics: Mapping[str, float]) -> float:
        """How far the value lies beyond the bound, as a share of the bound's size: above 0 if the
        constraint is broken, as Optuna takes it. Shares of several constraints can be added,
        whatever their units are. A value that is no number breaks every constraint.

        Raises `KeyError` if the measurement is missing.
        """
        value = metrics[self.metric]
        if math.isnan(value):
            return math.inf
        beyond = value - self.bound if "<" in self.comparison else self.bound - value
        if beyond == 0 and self.comparison in {"<", ">"}:
            return sys.float_info.min  # the bound itself is outside
        return beyond / (abs(self.bound) or 1.0)

    def __str__(self) -> str:
        return f"{self.metric} {self.comparison} {self.bound:g}"


def violations(constraints: Iterable[Constraint], metrics: Mapping[str, float]) -> dict[str, float]:
    """Each constraint as text → how far it is broken; above 0 if it is.

    Raises `KeyError` if a measurement is missing.
    """
    return {str(constraint): constraint.violation(metrics) for constraint in constraints}


def broken(constraints: Iterable[Constraint], metrics: Mapping[str, float]) -> tuple[str, ...]:
    """The constraints that these means do not keep to, as text; empty for a feasible
    configuration."""
    return tuple(text for text, by in violations(constraints, metrics).items() if by > 0)


def unmeasured(constraints: Iterable[Constraint], metrics: Mapping[str, float]) -> str | None:
    """Why the constraints cannot be judged, or None if they can."""
    for constraint in constraints:
        if constraint.metric not in metrics:
            reported = ", ".join(metrics) or "nothing"
            return f"it reported no {constraint.metric}, only {reported}"
    return None


def refuse_unknown(
    constraints: Sequence[Constraint], known: Collection[str], place: str | Origin
) -> None:
    """Raise `BadInput` that names `place` if a constraint is about what no trial reports, or two
    of them exclude each other."""
    origin = origin_of(place)
    for number, constraint in enumerate(constraints):
        keys = ("constraints", str(number))
        if constraint.metric not in known:
            near = did_you_mean(constraint.metric, known)
            text = f"constraints: no trial reports {constraint.metric!r}{near}"
            raise origin.fault(keys, f"{text}; trials report {', '.join(known)}")
        for other in constraints[:number]:
            if _exclude(constraint, other):
                text = f"constraints: nothing keeps to both {other} and {constraint}; drop one"
                raise origin.fault(keys, text)


def _exclude(one: Constraint, other: Constraint) -> bool:
    """Whether no value of one measurement keeps to both."""
    upper, lower = (one, other) if "<" in one.comparison else (other, one)
    if one.metric != other.metric or "<" not in upper.comparison or ">" not in lower.comparison:
        return False
    closed = upper.comparison == "<=" and lower.comparison == ">="
    return upper.bound < lower.bound or (upper.bound == lower.bound and not closed)


def _number(text: str, written: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{text!r} in {written!r} is no number; {EXAMPLE}")
    return number
