"""What filters leave of noise."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from sem_ray.countermeasures import grey
from sem_ray.metrics import left_by
from tests.samples import random_images


def test_distortion_that_a_filter_adds_is_not_noise_that_is_left() -> None:
    generator = torch.Generator().manual_seed(0)

    def added(images: Tensor, most: int) -> Tensor:
        more = torch.randint(0, most, images.shape, dtype=torch.uint8, generator=generator)
        return images + more

    clean = random_images(40, size=16).images[:].clamp(60, 180)
    protected = added(clean, 9)
    assert left_by(lambda images: added(images, 60), clean, protected) == pytest.approx(1, abs=0.1)
    assert left_by(lambda images: added(images * 0, 60), clean, protected) < 0.1


def test_no_filter_leaves_all_and_a_black_one_nothing() -> None:
    clean = random_images(4).images[:]
    protected = clean ^ 3
    assert left_by(lambda images: images, clean, protected) == 1
    assert left_by(torch.zeros_like, clean, protected) == 0
    assert left_by(grey, clean, clean) == 0


def test_grey_leaves_grey_noise_and_takes_most_of_coloured() -> None:
    clean = torch.full((2, 3, 8, 8), 100, dtype=torch.uint8)
    change = torch.tensor([10, 10, 10], dtype=torch.uint8).view(1, 3, 1, 1)
    assert left_by(grey, clean, clean + change) == pytest.approx(1)
    blue_for_red = clean.clone()
    blue_for_red[:, 0] += 3
    blue_for_red[:, 2] -= 8
    assert left_by(grey, clean, blue_for_red) < 0.1
