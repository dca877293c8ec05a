"""Limits on measurements: how they are written, and how far a value is beyond them."""

from __future__ import annotations

import math
import operator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sem_ray.errors import BadInput
from sem_ray.studies.definition.constraints import (
    Constraint,
    broken,
    refuse_unknown,
    unmeasured,
    violations,
)

HOLDS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
NUMBERS = st.floats(-1e12, 1e12)


def constraint(text: str) -> Constraint:
    return Constraint.model_validate(text)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("passes < 1e6", ("passes", "<", 1e6)),
        ("generation_seconds<=600", ("generation_seconds", "<=", 600)),
        ("  noise_psnr   >  30 ", ("noise_psnr", ">", 30)),
        ("test_accuracy@4 >= -.5", ("test_accuracy_at_4", ">=", -0.5)),
    ],
)
def test_it_is_written_as_text(text: str, read: tuple[str, str, float]) -> None:
    made = constraint(text)
    assert (made.metric, made.comparison, made.bound) == read
    assert constraint(str(made)) == made
    assert Constraint.model_validate(made.model_dump(mode="json")) == made


@pytest.mark.parametrize(
    "text",
    ["passes", "passes 5", "passes = 5", "passes <> 5", "< 5", "passes < many", "passes < nan",
     "1 < passes < 2", "passes < inf", "passes << 5"],
)  # fmt: skip
def test_what_is_no_constraint_is_refused_with_the_way_to_write_one(text: str) -> None:
    with pytest.raises(ValidationError, match="as generation_seconds <= 600"):
        constraint(text)


@given(value=NUMBERS, bound=NUMBERS, sign=st.sampled_from(sorted(HOLDS)))
def test_it_is_broken_if_and_only_if_the_comparison_fails(
    value: float, bound: float, sign: str
) -> None:
    made = Constraint.model_validate({"metric": "m", "comparison": sign, "bound": bound})
    assert (made.violation({"m": value}) <= 0) == HOLDS[sign](value, bound)


def test_violations_are_shares_of_the_bound() -> None:
    made = [constraint("seconds <= 600"), constraint("psnr > 30"), constraint("psnr >= 0")]
    found = violations(made, {"seconds": 900, "psnr": 27})
    assert found == {"seconds <= 600": 0.5, "psnr > 30": pytest.approx(0.1), "psnr >= 0": -27}
    assert broken(made, {"seconds": 900, "psnr": 27}) == ("seconds <= 600", "psnr > 30")
    assert broken(made, {"seconds": 600, "psnr": 31}) == ()


def test_no_number_breaks_every_constraint_and_a_missing_one_is_said() -> None:
    made = [constraint("seconds <= 600")]
    assert violations(made, {"seconds": math.nan}) == {"seconds <= 600": math.inf}
    assert unmeasured(made, {"seconds": math.nan}) is None
    assert unmeasured(made, {"psnr": 1}) == "it reported no seconds, only psnr"


def test_a_measurement_that_no_trial_reports_is_refused_with_the_nearest() -> None:
    with pytest.raises(BadInput, match=r"f\.yaml: constraints: .*'secnds' \(did you mean seconds"):
        refuse_unknown([constraint("secnds < 3")], ("seconds", "psnr"), "f.yaml")


@pytest.mark.parametrize(
    ("one", "other", "possible"),
    [
        ("psnr > 30", "psnr < 20", False),
        ("psnr <= 30", "psnr > 30", False),
        ("psnr <= 30", "psnr >= 30", True),
        ("psnr < 30", "psnr < 20", True),
        ("psnr > 30", "seconds < 20", True),
    ],
)
def test_two_that_exclude_each_other_are_refused(one: str, other: str, possible: bool) -> None:
    pair = [constraint(one), constraint(other)]
    if possible:
        refuse_unknown(pair, ("seconds", "psnr"), "f.yaml")
        return
    with pytest.raises(BadInput, match="nothing keeps to both"):
        refuse_unknown(pair, ("seconds", "psnr"), "f.yaml")
