"""What one linear layer can tell of noise."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from sem_ray.metrics import separability
from sem_ray.rng import numpy_generator

LABELS = torch.arange(600) % 4


def noise_of(strength: int, side: int = 4, seed: int = 0) -> Tensor:
    """Random noise, and a pattern of each class of this strength in it."""
    generator = torch.Generator().manual_seed(seed)
    shape = (3, side, side)
    patterns = torch.randint(0, 2, (4, *shape), generator=generator) * 2 - 1
    random = torch.randint(-6, 7, (len(LABELS), *shape), generator=generator)
    return (random + strength * patterns[LABELS]).to(torch.int8)


def test_class_wise_noise_is_told_apart_on_rows_it_was_not_fitted_to() -> None:
    found = separability(noise_of(4), LABELS)
    assert found.fitted == 100 and found.others > 95
    assert (found.chance, found.rows) == (25, 600)


def test_random_noise_is_not() -> None:
    found = separability(noise_of(0), LABELS)
    assert found.others < 40


def test_with_fewer_rows_than_values_anything_is_fitted_and_the_others_say_so() -> None:
    found = separability(noise_of(0, side=16), LABELS)
    assert found.fitted == 100 and found.others < 40


def test_it_is_the_layer_that_scikit_learn_fits() -> None:
    linear = pytest.importorskip("sklearn.linear_model")
    noise = noise_of(1)
    found = separability(noise, LABELS)
    order = numpy_generator(0, "separability").permutation(len(LABELS))
    inputs, labels = noise[order].flatten(1).numpy() / 14 + 0.5, LABELS.numpy()[order]
    fitted = linear.LogisticRegression(C=np.inf, max_iter=500).fit(inputs[:400], labels[:400])
    assert 40 < found.fitted < 100
    assert found.fitted == pytest.approx(100 * fitted.score(inputs[:400], labels[:400]), abs=1)
    assert found.others == pytest.approx(100 * fitted.score(inputs[400:], labels[400:]), abs=1)


def test_rows_are_drawn_from_the_seed_alone() -> None:
    noise = noise_of(1)
    one, again, other = (separability(noise, LABELS, rows=120, seed=seed) for seed in (1, 1, 2))
    assert one == again != other
    assert one.rows == 120


def test_large_noise_is_averaged_down() -> None:
    large = noise_of(4).repeat_interleave(16, 2).repeat_interleave(16, 3)
    assert separability(large, LABELS).others > 95


def test_labels_need_not_begin_at_zero() -> None:
    assert separability(noise_of(4), LABELS * 7 + 3).others > 95
