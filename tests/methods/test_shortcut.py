"""Shortcut noise: patches of the published norm that one linear layer separates."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from sem_ray.methods.generation import generate
from sem_ray.methods.shortcut import patched
from sem_ray.metrics import separability
from tests.samples import random_images, tiny_spec

CPU = torch.device("cpu")


@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 8, 8), (3, 30, 46)])
def test_patches_have_the_published_norm_and_whole_numbers_move_it_little(
    shape: tuple[int, int, int],
) -> None:
    channels, height, width = shape
    drawn = np.random.default_rng(0).standard_normal((200, 16 * channels))
    values = patched(drawn, shape, 6.0)
    wanted = 6 / 255 * np.sqrt(channels * height * width)
    assert np.allclose(np.linalg.norm(values.reshape(200, -1) / 255, axis=1), wanted)
    rounded = np.linalg.norm(values.round().reshape(200, -1) / 255, axis=1)
    assert np.abs(rounded / wanted - 1).max() < 0.07
    assert 1 < rounded.mean() / wanted < 1.005
    patch = values[:, :, : height // 4, : width // 4]
    assert (patch == patch[:, :, :1, :1]).all()


def test_the_norm_on_cifars_images_is_1_304() -> None:
    values = patched(np.random.default_rng(0).standard_normal((4, 48)), (3, 32, 32), 6.0)
    assert np.linalg.norm(values[0] / 255) == pytest.approx(1.304, abs=5e-4)


def test_patches_are_linearly_separable_exactly() -> None:
    """One linear layer fitted to some rows is right about all others."""
    images = random_images(600, classes=10, size=32)
    spec = tiny_spec(noise={"method": "shortcut"}, shards=4)
    noise = generate(spec, images, device=CPU).noise
    found = separability(noise, images.labels, seed=0)
    assert (found.fitted, found.others) == (100, 100)
