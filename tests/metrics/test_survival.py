"""What filters leave of noise, against Pillow's own."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor

from sem_ray.countermeasures import grey, jpeg
from sem_ray.metrics import left_by
from tests.samples import random_images


def _by_pillow(images: Tensor, kind: str) -> Tensor:
    done = []
    for image in images:
        opened = Image.fromarray(image.permute(1, 2, 0).contiguous().numpy())
        if kind == "grey":
            opened = opened.convert("L").convert("RGB")
        else:
            buffer = io.BytesIO()
            opened.save(buffer, "JPEG", quality=10)
            opened = Image.open(buffer)
        done.append(torch.from_numpy(np.asarray(opened).copy()).permute(2, 0, 1))
    return torch.stack(done)


@given(st.integers(0, 1000))
def test_grey_is_pillows_grey(seed: int) -> None:
    images = random_images(2, seed=seed).images[:]
    assert torch.equal(grey(images), _by_pillow(images, "grey"))


def test_jpeg_is_pillows_jpeg() -> None:
    images = random_images(3, size=16).images[:]
    assert torch.equal(jpeg(images, 10), _by_pillow(images, "jpeg"))


def test_a_grey_image_goes_through_jpeg_as_grey_and_is_grey_already() -> None:
    images = random_images(3, size=16).images[:][:, :1]
    buffer = io.BytesIO()
    Image.fromarray(images[0, 0].numpy()).save(buffer, "JPEG", quality=10)
    found = jpeg(images, 10)
    assert found.shape == images.shape
    assert np.array_equal(found[0, 0].numpy(), np.asarray(Image.open(buffer)))
    assert torch.equal(grey(images), images)


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
