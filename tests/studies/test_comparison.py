"""What a study answers from results that were made up: who wins, by how much, and who cannot be
told from it."""

from __future__ import annotations

import pytest

from sem_ray.studies.comparison import Comparison, compare
from tests.studies.finished import Journal, finalists_study, searched_through

SEEDS = 3


def compared(*runs: tuple[float, ...], confirmed: tuple[float, ...] = ()) -> Comparison | None:
    """Of three finalists, trials 0, 1 and 2, with the results of their further runs."""
    made = Journal(finalists_study(finalists={"count": 3, "seeds": SEEDS}))
    searched_through(made, 20, 21, 22, 90)
    for configuration, values in enumerate(runs):
        for number, value in enumerate(values, 1):
            made.again(configuration, number, value)
    for number, value in enumerate(confirmed, SEEDS + 1):
        made.again(0, number, value)
    return compare(made.spec, made.trials)


def test_settings_whose_seeds_agree_are_told_apart_and_others_are_not() -> None:
    found = compared((30, 40, 50), (50, 61, 69), (25, 45, 56), confirmed=(41, 45, 49))
    assert found is not None
    assert (found.winner.trial, found.winner.verdict, found.winner.difference) == (0, None, None)
    near, far = found.others
    assert (near.trial, near.verdict) == (2, "cannot be told apart")
    assert (far.trial, far.verdict) == (1, "worse")
    assert far.difference is not None and far.difference.value == pytest.approx(20)
    assert 17 < far.difference.low < far.difference.high < 23  # paired: seeds move both alike


def test_the_winners_estimate_is_of_seeds_that_did_not_choose_it() -> None:
    found = compared((30, 31, 32), (40, 41, 42), (50, 51, 52), confirmed=(35, 36, 37))
    assert found is not None and found.estimate is not None
    assert found.estimate.value == pytest.approx(36) and found.winner.estimate.value == 31
    assert (found.chosen_by, found.estimated_by) == ((11, 12, 13), (14, 15, 16))


def test_until_all_have_run_nothing_is_compared_and_nothing_half_estimated() -> None:
    assert compared((30, 31, 32), (40, 41, 42), (50, 51)) is None
    found = compared((30, 31, 32), (40, 41, 42), (50, 51, 52), confirmed=(35, 36))
    assert found is not None and found.estimate is None


def test_a_study_without_finalists_compares_nothing() -> None:
    made = Journal(finalists_study(finalists=None))
    searched_through(made, 20, 21, 22, 90)
    assert compare(made.spec, made.trials) is None
