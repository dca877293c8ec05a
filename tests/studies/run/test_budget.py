"""How many trials a sweep may start, counted without a sweep."""

from __future__ import annotations

import pytest

from sem_ray.studies.run.budget import Budget


@pytest.mark.parametrize(
    ("complete", "running", "allowed"),
    [(0, 0, True), (0, 1, True), (0, 2, False), (1, 1, True), (2, 1, False), (3, 0, False)],
)
def test_a_trial_may_start_while_one_is_missing_and_there_is_room(
    complete: int, running: int, allowed: bool
) -> None:
    assert Budget.to_reach(3, 0, concurrency=2).allows(complete, running) == allowed


def test_without_a_limit_all_that_are_missing_run_at_once() -> None:
    budget = Budget.to_reach(3, 1)
    assert budget.allows(1, 1) and not budget.allows(1, 2)


def test_as_many_failures_are_borne_as_trials_were_missing_and_at_least_one() -> None:
    budget = Budget.to_reach(5, 3)
    budget.take_failure()
    assert not budget.is_spent(3)
    budget.take_failure()
    assert budget.is_spent(3) and not budget.allows(3, 0)
    assert not Budget.to_reach(3, 3).failures < 1
