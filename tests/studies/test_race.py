"""Who stays in the race, from numbers that are made up."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sem_ray.studies.definition.replicates import ReplicateSpec
from sem_ray.studies.race import Race, most_runs, race

SPEC = ReplicateSpec(min=2, max=5, finalists=None, confirm=0)


def table(*rows: tuple[float, ...]) -> dict[int, dict[int, tuple[float, ...]]]:
    return {n: {seed: (value,) for seed, value in enumerate(row)} for n, row in enumerate(rows)}


def test_one_that_is_clearly_worse_gets_no_further_seed() -> None:
    found = race(table((10, 12), (11, 12.5), (60, 63), (10.5, 11)), SPEC)
    assert found.contenders == (3, 0, 1) and found.winner is None
    assert found.missing == ((3, 2), (0, 2), (1, 2))


def test_the_last_one_wins_without_running_on() -> None:
    found = race(table((10, 12), (60, 63), (61, 62), (70, 71)), SPEC)
    assert (found.winner, found.contenders, found.missing) == (0, (0,), ())


def test_who_cannot_be_told_apart_runs_until_the_last_seed() -> None:
    rows = [(10, 12, 11, 9, 14), (11, 10, 13, 12, 10.2)]
    found = race(table(*rows), SPEC)
    assert found.winner == 0 and found.contenders == (0, 1) and len(found.rounds) == 4


def test_a_cap_lets_only_the_best_race() -> None:
    spec = ReplicateSpec(min=1, max=3, finalists=2)
    assert race(table((3,), (1,), (2,)), spec).missing == ((1, 1), (2, 1))


def test_one_run_each_is_decided_at_once() -> None:
    once = ReplicateSpec(min=1, max=1, confirm=0)
    assert race(table((3,), (1,), (2,)), once).winner == 1
    assert race({}, once) == Race((), (), ())


def played(spec: ReplicateSpec, means: list[float], spread: float, seed: int) -> tuple[Race, int]:
    """A race run to its end on made-up results; how it ended and the runs it took."""
    random = np.random.default_rng(seed)
    noise = random.normal(0, spread, (len(means), spec.max))
    costs = {n: {r: (means[n] + noise[n, r],) for r in range(spec.min)} for n in range(len(means))}
    while (found := race(costs, spec)).missing:
        for number, replicate in found.missing:
            costs[number][replicate] = (means[number] + noise[number, replicate],)
    return found, sum(map(len, costs.values()))


@given(
    st.lists(st.floats(0, 100), min_size=1, max_size=8), st.floats(0.1, 20), st.integers(0, 2**32)
)
def test_every_race_ends_within_its_runs(means: list[float], spread: float, seed: int) -> None:
    found, runs = played(SPEC, means, spread, seed)
    assert found.winner is not None and runs <= most_runs(len(means), SPEC)
    assert all(one.seeds == n for n, one in enumerate(found.rounds, SPEC.min))


def test_runs_beyond_a_round_change_no_decision() -> None:
    costs = table((10, 12), (11, 12.5), (60, 63), (10.5, 11))
    ahead = {**costs, 2: {**costs[2], 2: (0.0,), 3: (0.0,)}}
    assert race(ahead, SPEC) == race(costs, SPEC)


def test_the_best_is_seldom_thrown_out() -> None:
    """95% intervals: of races with the same true means the first to leave is wrong no more often
    than in a twentieth, for each round."""
    spec = ReplicateSpec(min=2, max=6, finalists=None, confirm=0)
    kept = 0
    for seed in range(200):
        found, _ = played(spec, [20.0, 30.0], 5.0, seed)
        kept += found.winner == 0
    assert kept >= 190


def test_an_interval_is_that_of_the_paired_t_test_for_two_rows() -> None:
    from scipy.stats import ttest_rel

    found, _ = played(SPEC, [20.0, 21.0], 5.0, 3)
    (blocks,) = found.rounds[-1].blocks
    difference = blocks.difference(1, 0)
    test = ttest_rel(blocks.rows[1], blocks.rows[0]).confidence_interval()
    assert math.isclose(difference.low, test.low) and math.isclose(difference.high, test.high)


def test_of_several_objectives_the_front_races_and_who_is_clearly_behind_leaves() -> None:
    runs: dict[int, list[tuple[float, ...]]] = {
        0: [(10, 50), (12, 53)],  # good in the first
        1: [(50, 10), (53, 12)],  # good in the second
        2: [(30, 30), (31.5, 31)],  # between the two
        3: [(60, 60), (61, 63)],  # behind all
    }
    costs = {number: dict(enumerate(own)) for number, own in runs.items()}
    found = race(costs, SPEC)
    assert found.contenders == (0, 2, 1) and found.missing == ((0, 2), (2, 2), (1, 2))
