"""Figures of clipped noise against sums written out in float64."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from sem_ray.metrics import changes
from sem_ray.metrics.pixel_changes import CHUNK


@given(st.integers(0, 2**31), st.integers(1, 127))
def test_figures_are_those_of_plain_sums(seed: int, radius: int) -> None:
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (5, 3, 4, 4))
    noise = rng.integers(-radius, radius + 1, images.shape)
    noise[0], images[1], noise[1] = 0, 0, -radius
    found = changes(torch.tensor(images).to(torch.uint8), torch.tensor(noise).to(torch.int8))
    shielded = np.clip(images.astype(np.float64) + noise, 0, 255)
    change = np.abs(shielded - images)
    assert found.nominal == np.abs(noise).sum() / noise.size
    assert found.effective == change.sum() / change.size
    assert found.largest == change.max()
    assert found.cut == (shielded != images + noise).mean()
    assert found.unchanged.tolist() == [not change[row].any() for row in range(5)]
    assert found.unchanged[0] and found.unchanged[1] and found.flat[1]


def test_an_image_of_one_colour_is_flat_and_one_pixel_undoes_it() -> None:
    images = torch.tensor([10, 20, 30], dtype=torch.uint8).view(1, 3, 1, 1).repeat(2, 1, 4, 4)
    noise = torch.full(images.shape, 5, dtype=torch.int8)
    noise[1, 2, 3, 3] = 4
    assert changes(images, noise).flat.tolist() == [True, False]


def test_chunks_add_up() -> None:
    rng = np.random.default_rng(0)
    shape = (2 * CHUNK + 3, 1, 2, 2)
    images = torch.from_numpy(rng.integers(0, 256, shape, np.uint8))
    noise = torch.from_numpy(rng.integers(-8, 9, shape, np.int8))
    found = changes(images, noise)
    assert found.nominal == float(noise.double().abs().mean())
    assert len(found.flat) == len(found.unchanged) == len(images)
