"""What a sweep may spend, counted without a sweep."""

from __future__ import annotations

from sem_ray.studies.run.spending.budget import Budget


def test_a_trial_may_start_while_there_is_room() -> None:
    budget = Budget.for_runs(3, concurrency=2)
    assert [budget.has_room(running) for running in range(4)] == [True, True, False, False]
    assert Budget.for_runs(3).has_room(1000)


def test_as_many_failures_are_borne_as_runs_were_missing_and_at_least_one() -> None:
    budget = Budget.for_runs(2)
    budget.take_failure()
    assert not budget.spent
    budget.take_failure()
    assert budget.spent
    assert not Budget.for_runs(0).spent
