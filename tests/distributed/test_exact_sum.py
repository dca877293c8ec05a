"""Quantised terms add up to the same bits in any order."""

from __future__ import annotations

import random

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sem_ray.distributed import quantised
from sem_ray.distributed.exact_sum import QUANTUM_BITS

terms = st.lists(st.floats(-60, 60, width=64), min_size=2, max_size=8)


@given(terms, st.randoms(use_true_random=False))
def test_sums_of_quantised_terms_do_not_depend_on_their_order(
    values: list[float], order: random.Random
) -> None:
    parts = quantised(torch.tensor(values, dtype=torch.float64)).tolist()
    shuffled = order.sample(parts, len(parts))
    halves = sum(shuffled[: len(parts) // 2]) + sum(shuffled[len(parts) // 2 :])
    assert sum(parts) == sum(shuffled) == halves


@given(st.floats(-60, 60, width=64))
def test_a_quantised_value_is_the_nearest_multiple_of_the_quantum(value: float) -> None:
    found = float(quantised(torch.tensor([value], dtype=torch.float64)))
    assert (found * 2**QUANTUM_BITS).is_integer()
    assert abs(found - value) <= 2.0 ** -(QUANTUM_BITS + 1)


def test_the_values_themselves_stay() -> None:
    values = torch.tensor([0.1], dtype=torch.float64)
    quantised(values)
    assert float(values) == 0.1


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_what_is_no_number_stays_none(bad: float) -> None:
    assert not torch.isfinite(quantised(torch.tensor([bad]))).any()
