"""The median stopping rule, against its definition written out."""

from __future__ import annotations

from statistics import median

from hypothesis import given
from hypothesis import strategies as st

from sem_ray.studies.schedulers.median import MedianStopping
from sem_ray.studies.schedulers.scheduler import Costs
from tests.studies.schedulers.arrivals import stopped

CURVES = st.lists(
    st.lists(st.integers(-9, 9).map(float), min_size=3, max_size=3), min_size=2, max_size=12
)


def test_a_configuration_worse_than_the_median_of_the_others_is_stopped() -> None:
    costs: list[Costs] = [(1.0,), (2.0,), (3.0,), (2.5,), (1.5,), (2.0,)]
    assert stopped(MedianStopping(startup=3), costs) == [2, 3]


def test_equal_costs_stop_nobody() -> None:
    assert stopped(MedianStopping(startup=2), [(1.0,)] * 8) == []


@given(CURVES, st.integers(0, 2))
def test_its_best_so_far_is_held_against_the_means_of_the_others(
    curves: list[list[float]], rung: int
) -> None:
    reports = [{number: (curve[k],) for number, curve in enumerate(curves)} for k in range(3)]
    own = min(curves[0][: rung + 1])
    means = [sum(curve[: rung + 1]) / (rung + 1) for curve in curves[1:]]
    expected = own > median(means)
    assert MedianStopping(startup=2).stops(0, rung, reports) is bool(expected)


def test_the_others_means_are_only_of_those_that_reached_the_rung() -> None:
    reports = [{0: (5.0,), 1: (9.0,), 2: (1.0,)}, {0: (5.0,), 1: (9.0,)}]
    assert MedianStopping(startup=2).stops(0, 0, reports) is False
    assert MedianStopping(startup=2).stops(1, 1, reports) is True
