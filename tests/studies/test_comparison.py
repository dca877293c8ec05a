"""What a study answers from results that were made up: who wins, by how much, and who cannot be
told from it."""

from __future__ import annotations

import pytest
from scipy.stats import ttest_rel

from sem_ray.studies.comparison import Comparison, compare
from tests.studies.finished import Journal, raced_study, searched_through


def compared(
    *runs: tuple[float, ...], confirmed: tuple[float, ...] = (), second: float = 21
) -> Comparison | None:
    """Of three that race, trials 0, 1 and 2, with the results of their further runs."""
    replicates = {"min": 1, "max": 4, "finalists": 3, "confirm": 3}
    made = Journal(raced_study(replicates=replicates))
    searched_through(made, 20, second, 22, 90)
    for configuration, values in enumerate(runs):
        for number, value in enumerate(values, 1):
            made.again(configuration, number, value)
    for number, value in enumerate(confirmed, 4):
        made.again(0, number, value)
    return compare(made.configurations)


CLOSE = (30, 40, 50), (41, 52, 59), (31, 41.5, 52)


def test_settings_whose_seeds_agree_are_told_apart_and_others_are_not() -> None:
    found = compared(*CLOSE, confirmed=(41, 45, 49))
    assert found is not None and found.decided
    assert (found.winner.trial, found.winner.verdict, found.winner.difference) == (0, None, None)
    near, far = found.others
    assert (near.trial, near.verdict, near.seeds) == (2, "cannot be told apart", (10, 11, 12, 13))
    assert (far.trial, far.verdict) == (1, "worse")
    assert far.difference is not None and 6 < far.difference.value < 10
    assert 0 < far.difference.low < far.difference.high < 16  # seeds move all alike
    assert found.tied == (near,) and found.not_compared == 1


def test_the_winners_estimate_is_of_seeds_that_did_not_choose_it() -> None:
    found = compared(*CLOSE, confirmed=(35, 36, 37))
    assert found is not None and found.estimate is not None
    assert found.estimate.value == pytest.approx(36) and found.winner.estimate.value == 35
    assert (found.winner.seeds, found.estimated_by) == ((10, 11, 12, 13), (14, 15, 16))


def test_until_the_race_is_over_nothing_is_decided_and_nothing_half_estimated() -> None:
    assert compared() is None
    found = compared((30, 31), (31, 30), (33, 32))
    assert found is not None and not found.decided and found.estimate is None
    found = compared(*CLOSE, confirmed=(35, 36))
    assert found is not None and found.decided and found.estimate is None


def test_one_that_leaves_early_is_compared_over_the_seeds_it_has() -> None:
    found = compared((21, 22, 21), (62,), (23, 22, 24.5), second=60)
    assert found is not None
    far = found.others[-1]
    assert (far.trial, far.verdict) == (1, "worse") and len(far.seeds) < 4


def test_a_study_of_one_run_each_compares_nothing() -> None:
    made = Journal(raced_study(replicates=None))
    searched_through(made, 20, 21, 22, 90)
    assert compare(made.configurations) is None


def test_an_interval_is_for_all_rounds_of_the_race_together() -> None:
    """Four rounds look at the runs; of two configurations the interval is the paired t test's."""
    made = Journal(raced_study(replicates={"min": 1, "max": 4, "finalists": 2, "confirm": 0}))
    searched_through(made, 20, 21, 80, 90)
    for number, (one, other) in enumerate(((22, 25), (30, 29), (26, 31)), 1):
        made.again(0, number, one)
        made.again(1, number, other)
    found = compare(made.configurations)
    assert found is not None and found.others[0].difference is not None
    test = ttest_rel([21, 25, 29, 31], [20, 22, 30, 26]).confidence_interval(1 - 0.05 / 4)
    difference = found.others[0].difference
    assert (difference.low, difference.high) == pytest.approx((test.low, test.high))
