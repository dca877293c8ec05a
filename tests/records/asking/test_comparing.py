"""What two results are said to be: paired, unpaired, with one seed, with values that diverged."""

from __future__ import annotations

import math

import pytest
from scipy import stats

from sem_ray import records
from sem_ray.cli.main import run
from sem_ray.errors import BadInput
from sem_ray.records import names
from sem_ray.records.connection import Tracking, connect
from sem_ray.store import Store
from tests.records.asking.written import METRIC, write_configuration, write_run

USUAL = {0: 10.0, 1: 11.5, 2: 12.0}


@pytest.fixture
def tracking(store: Store) -> Tracking:
    return connect(store)


def test_the_p_value_is_that_of_the_paired_t_test(store: Store, tracking: Tracking) -> None:
    other = {0: 11.0, 1: 12.0, 2: 14.0}
    write_configuration(tracking, "a", 0, USUAL)
    write_configuration(tracking, "a", 1, other)
    found = records.compare("a/0", "a/1", store=store.root)
    oracle = stats.ttest_rel(list(USUAL.values()), list(other.values()))
    assert found.paired and found.p == pytest.approx(oracle.pvalue)
    assert (oracle.pvalue < 0.05) == (found.said != "cannot be told apart")


@pytest.mark.parametrize(
    ("other", "words"),
    [({2: 30.0, 7: 31.0}, "one shared seed, Welch"), ({8: 30.0, 7: 31.0}, "no shared seeds")],
)
def test_with_less_than_two_seeds_in_common_it_is_welchs(
    store: Store,
    tracking: Tracking,
    other: dict[int, float],
    words: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_configuration(tracking, "a", 0, USUAL)
    write_configuration(tracking, "a", 1, other)
    found = records.compare("a/0", "a/1", store=store.root)
    oracle = stats.ttest_ind(list(USUAL.values()), list(other.values()), equal_var=False)
    assert not found.paired and found.p == pytest.approx(oracle.pvalue)
    assert run(["compare", "a/0", "a/1", "--store", str(store.root)]) == 0
    assert words in capsys.readouterr().out


@pytest.mark.parametrize("other", [{0: 10.3, 1: 11.8}, {7: 30.0, 8: 30.0}])
def test_differences_without_spread_are_no_proof(
    store: Store, tracking: Tracking, other: dict[int, float], capsys: pytest.CaptureFixture[str]
) -> None:
    """As of two seeds whose accuracies differ by one test image each."""
    alike = {0: 10.0, 1: 10.0}
    write_configuration(tracking, "a", 0, alike if 7 in other else USUAL)
    write_configuration(tracking, "a", 1, other)
    found = records.compare("a/0", "a/1", store=store.root)
    assert found.said == "nothing can be told from seeds that all differ by the same"
    assert found.p is None and found.difference is not None
    assert run(["compare", "a/0", "a/1", "--store", str(store.root)]) == 0
    assert f"{found.said}, -" in capsys.readouterr().out


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_run_that_diverged_is_neither_left_out_nor_ranked(
    store: Store, tracking: Tracking, value: float, capsys: pytest.CaptureFixture[str]
) -> None:
    write_configuration(tracking, "a", 0, USUAL)
    write_configuration(tracking, "a", 1, {**USUAL, 1: value})
    found = records.compare("a/0", "a/1", store=store.root)
    assert found.said == "nothing can be told from values that are not finite"
    assert found.difference is None and found.p is None
    assert run(["compare", "a/0", "a/1", "--store", str(store.root)]) == 0
    assert found.said in capsys.readouterr().out


def test_a_run_that_does_not_say_its_seed_has_no_pair(store: Store, tracking: Tracking) -> None:
    tags = {names.LEVEL_TAG: "result", names.KIND_TAG: "trial", names.STUDY_TAG: "a"}
    for number, params in enumerate(({}, {"seed": "first"})):
        write_run(tracking, {**tags, names.TRIAL_TAG: f"a/{number}"}, params, {METRIC: 1.0})
    with pytest.raises(BadInput, match="does not say which seed"):
        records.compare("a/0", "a/1", store=store.root)


def test_results_of_one_name_from_two_stores_are_told_apart_by_id(
    store: Store, tracking: Tracking
) -> None:
    here = write_configuration(tracking, "a", 0, USUAL)
    there = write_configuration(tracking, "a", 0, {0: 70.0, 1: 71.0, 2: 73.0})
    with pytest.raises(BadInput, match="'a/0' names runs of more than one study"):
        records.compare("a/0", there, store=store.root)
    found = records.compare(here, there, store=store.root)
    assert (found.one, found.other) == (here, there) and found.said == "lower"
    assert len(found.values) == len(found.means) == 2
