"""Which lost trials run again."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sem_ray.studies.definition.retry import MOST_MACHINES, Reason, RetryReason, RetrySpec

REASONS = get_args(RetryReason)


def rounds(spec: RetrySpec, reasons: list[Reason]) -> int:
    """How often a trial runs that is lost for these reasons in turn."""
    lost: list[Reason] = []
    for reason in reasons:
        lost.append(reason)
        if not spec.allows(lost):
            break
    return len(lost)


def test_by_default_a_dead_worker_is_replaced_twice_and_a_failure_never() -> None:
    assert rounds(RetrySpec(), ["worker_died"] * 9) == 3
    assert rounds(RetrySpec(), ["out_of_memory", "worker_died", "out_of_memory"]) == 3
    assert rounds(RetrySpec(), ["failed"] * 9) == 1
    assert rounds(RetrySpec(times=0), ["worker_died"] * 9) == 1


@given(st.integers(0, 5), st.sets(st.sampled_from(REASONS)))
def test_a_lost_machine_takes_nothing_from_the_trial_and_has_a_bound(
    times: int, on: set[RetryReason]
) -> None:
    spec = RetrySpec(times=times, on=tuple(sorted(on)))
    assert rounds(spec, ["machine_lost"] * 99) == MOST_MACHINES + 1
    for reason in on:
        mixed: list[Reason] = ["machine_lost", reason] * 20
        assert rounds(spec, mixed) == min(2 * (times + 1), 2 * MOST_MACHINES + 1)


def test_what_is_no_reason_is_refused() -> None:
    with pytest.raises(ValidationError, match="'worker_died', 'out_of_memory' or 'failed'"):
        RetrySpec.model_validate({"on": ["worker_dead"]})
    with pytest.raises(ValidationError, match="greater than or equal to 0"):
        RetrySpec(times=-1)
