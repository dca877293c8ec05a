"""Successive halving on one objective: the best 1/η of those that came so far go on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sem_ray.studies.schedulers.asha import Asha
from sem_ray.studies.schedulers.pareto_asha import ParetoAsha
from sem_ray.studies.schedulers.scheduler import goes_on
from tests.studies.schedulers.arrivals import stopped

VALUES = st.lists(st.integers(-20, 20).map(float), min_size=1, max_size=30)


def test_the_first_ones_go_on_whatever_they_cost() -> None:
    scheduler = Asha(reduction=3, startup=5)
    assert stopped(scheduler, [(float(cost),) for cost in range(4)]) == []
    assert stopped(scheduler, [(float(cost),) for cost in range(5)]) == [4]


@given(VALUES, st.integers(2, 4))
def test_it_goes_on_exactly_if_it_is_not_beyond_the_quantile(
    costs: list[float], reduction: int
) -> None:
    """NumPy's linear quantile of all that came so far, its own cost included."""
    scheduler = Asha(reduction, startup=1)
    expected = [
        number
        for number, cost in enumerate(costs)
        if number + 1 >= reduction and cost > np.quantile(costs[: number + 1], 1 / reduction) + 1e-9
    ]
    assert stopped(scheduler, [(cost,) for cost in costs]) == expected


@given(VALUES, st.integers(2, 4))
def test_on_one_objective_the_pareto_scheduler_lets_the_same_ones_go_on(
    costs: list[float], reduction: int
) -> None:
    distinct = [(cost + number / 1000,) for number, cost in enumerate(costs)]
    plain, pareto = Asha(reduction, startup=4), ParetoAsha(reduction, startup=4)
    assert stopped(plain, distinct) == stopped(pareto, distinct)


@pytest.mark.parametrize("reduction", [2, 3, 4])
def test_of_many_in_any_order_about_one_in_eta_goes_on(reduction: int) -> None:
    costs = np.random.default_rng(0).permutation(300)
    gone = stopped(Asha(reduction, startup=4), [(float(cost),) for cost in costs])
    assert (300 - len(gone)) / 300 == pytest.approx(1 / reduction, abs=0.06)


def test_a_rank_on_the_quantile_goes_on_and_one_beyond_it_does_not() -> None:
    assert goes_on(0, 1, 3) and goes_on(1, 4, 3) and not goes_on(1, 3, 3)
