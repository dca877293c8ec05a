"""Filters, against Pillow's own."""

from __future__ import annotations

import io

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor

from sem_ray.countermeasures import grey, jpeg
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
