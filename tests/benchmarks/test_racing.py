"""The benchmark of racing seeds, with few repetitions."""

from __future__ import annotations

from benchmarks.studies import racing


def test_racing_picks_right_more_often_at_the_same_cost_and_again_the_same() -> None:
    found = racing.compared("bowl", 4.0, repetitions=60)
    assert found.racing > found.one_each and found.racing_regret < found.one_each_regret
    assert found.runs <= racing.POOL and found == racing.compared("bowl", 4.0, repetitions=60)
