"""Sums that come out the same in any order, and so for any number of members.

A float sum depends on the order of its terms. Terms that are all multiples of one quantum, small
enough for their sum to have no more bits than a float64, add up exactly (pre-rounding: Demmel and
Nguyen 2013, "Fast Reproducible Floating-Point Summation", https://doi.org/10.1109/ARITH.2013.9).
"""

from __future__ import annotations

import torch
from torch import Tensor

QUANTUM_BITS = 44
"""Terms become multiples of 2⁻⁴⁴ ≈ 6e-14: far below what a float32 weight of 1e-3 can show of a
gradient, and exact while terms stay below 128 and their sum below 512. Beyond, sums are as good as
any other and merely depend on the order again."""

_SHIFT = 1.5 * 2.0 ** (52 - QUANTUM_BITS)


def quantised(values: Tensor) -> Tensor:
    """`values` as float64, each the nearest multiple of the quantum."""
    return values.to(torch.float64, copy=True).add_(_SHIFT).sub_(_SHIFT)
