"""Noise that depends on classes is told from the same noise in another order."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from sem_ray.metrics.class_alignment import CLEAR, class_alignment

ROWS, CLASSES = 200, 10
LABELS = torch.arange(ROWS) % CLASSES


def noise(share: float, size: int = 8, seed: int = 0) -> Tensor:
    """int8 [N, 3, size, size]: a pattern a class, and values of each row's own beside it."""
    draws = torch.Generator().manual_seed(seed)
    patterns = torch.randn(CLASSES, 3, size, size, generator=draws)[LABELS]
    own = torch.randn(ROWS, 3, size, size, generator=draws)
    return (8 * (share * patterns + (1 - share) * own)).clamp(-8, 8).to(torch.int8)


@pytest.mark.parametrize("share", [0.3, 0.6, 1.0])
def test_patterns_of_classes_are_seen_beside_rows_own_values(share: float) -> None:
    assert class_alignment(noise(share), LABELS) > 2 * CLEAR


@pytest.mark.parametrize("seed", range(8))
def test_the_same_noise_in_another_order_looks_like_chance(seed: int) -> None:
    order = torch.randperm(ROWS, generator=torch.Generator().manual_seed(seed))
    assert class_alignment(noise(1.0)[order], LABELS) < CLEAR


def test_noise_of_one_pattern_for_all_says_nothing_of_classes() -> None:
    assert class_alignment(noise(1.0)[:1].expand(ROWS, -1, -1, -1), LABELS) == 0


def test_large_noise_is_averaged_down() -> None:
    small = noise(0.6)
    large = small.repeat_interleave(8, 2).repeat_interleave(8, 3)
    assert class_alignment(large, LABELS) > 2 * CLEAR
