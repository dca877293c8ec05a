"""Trials folded into configurations: means, and intervals as scipy gives them."""

from __future__ import annotations

from statistics import fmean
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import sem, t

from sem_ray.metrics.measurement import TEST_ACCURACY, Measurement
from sem_ray.studies.configuration_rows import by_configuration
from sem_ray.studies.queries import RowState, TrialRow

KEY = "test_accuracy_at_4"


def row(
    trial: int,
    configuration: int,
    value: float | None = None,
    state: RowState = "complete",
    **facts: Any,
) -> TrialRow:
    measured = Measurement(name=TEST_ACCURACY, radius=4, value=value or 0, unit="%")
    usual: dict[str, Any] = {
        "values": {"noise.radius": configuration},
        "value": value,
        "measurements": () if value is None else (measured,),
        "error": None,
        "seconds": None if value is None else 10.0 + trial,
        "configuration": configuration,
        "seed": trial,
    }
    return TrialRow(trial, state, **{**usual, **facts})


@given(st.lists(st.floats(0, 100), min_size=2, max_size=9))
def test_seeds_become_a_mean_with_students_interval(values: list[float]) -> None:
    rows = [row(trial, 0, value) for trial, value in enumerate(values, start=1)]
    (found,) = by_configuration(rows)
    half = t.ppf(0.975, len(values) - 1) * sem(values)
    assert found.means[KEY] == pytest.approx(fmean(values))
    low, high = found.intervals[KEY]
    assert (low, high) == pytest.approx((fmean(values) - half, fmean(values) + half), abs=1e-9)
    assert len(found.seeds) == len(values)


def test_one_seed_has_no_interval() -> None:
    (found,) = by_configuration([row(3, 3, 50.0)])
    assert found.means == {KEY: 50.0} and found.intervals == {}
    estimate = found.estimate(KEY)
    assert estimate is not None and not estimate.known and found.estimate("passes") is None


def test_what_is_not_finished_counts_beside_what_is() -> None:
    rows = [
        row(0, 0, 50.0),
        row(1, 0, state="running"),
        row(2, 0, state="failed", error="no luck"),
        row(3, 0, state="failed", error="no luck"),
        row(4, 4, state="interrupted"),
        row(5, 0, 60.0, broken=("passes < 5",)),
    ]
    first, second = by_configuration(rows)
    assert (first.configuration, first.seeds, first.seconds) == (0, (0, 5), 12.5)
    assert first.states == {"running": 1, "failed": 2} and first.errors == ("no luck",)
    assert first.broken == ("passes < 5",) and first.radii == (4,)
    assert (second.means, second.seconds, second.states) == ({}, None, {"interrupted": 1})
