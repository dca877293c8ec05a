"""A configuration that breaks a constraint never wins, in the race, in `best` and in `status`."""

from __future__ import annotations

from typing import Any

import pytest

from sem_ray.errors import BadInput
from sem_ray.store import Store
from sem_ray.studies.comparison import compare
from sem_ray.studies.feasibility import any_feasible, is_feasible, require_feasible
from sem_ray.studies.journal.configurations import Configurations
from sem_ray.studies.queries import best, status
from sem_ray.studies.run.sweep import run_sweep
from tests.studies.fakes import METRIC, instant, study
from tests.studies.finished import Journal, raced_study, searched_through
from tests.studies.run.in_process import InProcess

AT_LEAST = {"constraints": [f"{METRIC} >= 50"]}
"""Accuracies are to be small here, and those below 50 do not count."""
PAIRED: dict[str, Any] = {"replicates": {"min": 2, "max": 2}, "trials": 2, **AT_LEAST}


def raced(*values: float, **changes: Any) -> Journal:
    journal = Journal(raced_study(**changes))
    searched_through(journal, *values)
    return journal


def contenders(configurations: Configurations) -> tuple[int, ...]:
    found = configurations.race()
    assert found is not None
    return found.contenders


def test_the_best_that_breaks_a_constraint_does_not_race() -> None:
    assert contenders(raced(40, 51, 60, 70).configurations) == (0, 1)
    assert contenders(raced(40, 51, 60, 70, **AT_LEAST).configurations) == (1, 2)


def test_without_a_feasible_one_nothing_more_runs_and_nothing_wins() -> None:
    found = raced(40, 41, 42, 43, **AT_LEAST).configurations
    assert found.missing() == [] and found.remaining() == 0
    assert found.winner() is None and compare(found) is None
    assert not any_feasible(found)


def test_a_mean_that_breaks_a_constraint_later_leaves_the_race() -> None:
    journal = raced(51, 52, 60, 70, **AT_LEAST)
    journal.again(0, 1, 40)
    journal.again(1, 1, 53)
    assert contenders(journal.configurations) == (1,)


def test_means_decide_and_not_single_runs() -> None:
    journal = Journal(raced_study(**PAIRED))
    for radius, first, second in ((8, 49, 52), (12, 51, 48)):
        number = journal.searched(radius, first)
        journal.again(number, 1, second)
    found = journal.configurations
    assert [is_feasible(found, one) for one in found] == [True, False]


def test_the_nearest_is_named_if_none_is_feasible() -> None:
    found = raced(40, 45, 42, 43, **AT_LEAST).configurations
    with pytest.raises(BadInput, match=rf"trial 1, which breaks {METRIC} >= 50\. .*--trials"):
        require_feasible(found, found.distinct())


def swept(store: Store, bound: float, **changes: Any) -> None:
    """All radii and steps: accuracies are 59 and more."""
    spec = study(sampler={"name": "grid"}, trials=15, constraints=[f"{METRIC} >= {bound}"])
    run_sweep(spec, store, experiment=instant, backend=InProcess())


def test_a_sweep_whose_best_is_infeasible_gives_the_best_of_the_others(store: Store) -> None:
    swept(store, 62.5)
    found, stands = best(store, "tiny"), status(store, "tiny")
    assert found.value == 63
    assert stands.feasible and stands.leaders == (found.trial,)
    beyond = [row for row in stands.rows if row.broken]
    assert {row.value for row in beyond} == {59, 60, 61, 62}
    assert beyond[0].broken == (f"{METRIC} >= 62.5",)


def test_a_sweep_without_a_feasible_one_ends_and_says_so(store: Store) -> None:
    swept(store, 99)
    assert not status(store, "tiny").feasible
    with pytest.raises(BadInput, match="no configuration of study tiny keeps to its constraints"):
        best(store, "tiny")


def test_optuna_has_each_trial_with_its_constraints(store: Store) -> None:
    from sem_ray.studies.journal.storage import load_study

    swept(store, 62.5)
    trials = load_study(store, "tiny").study.trials
    assert all(f"{METRIC} >= 62.5" in trial.constraints for trial in trials)
    assert {trial.constraints[f"{METRIC} >= 62.5"] <= 0 for trial in trials} == {True, False}
