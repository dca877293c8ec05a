"""Noise is compared on the images it was made for, whatever order its rows are in."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from sem_ray.data import ImageSet, Noise, protected, read_noise
from sem_ray.errors import BadInput
from sem_ray.metrics.perceptibility import perceptibility
from sem_ray.pipeline import noise_for
from sem_ray.pipeline.perceptibility import perceptibility_of
from sem_ray.store import Store
from tests.pipeline.counting import TRAIN, Counting
from tests.samples import tiny_spec


@pytest.fixture
def noise(store: Store) -> Noise:
    return read_noise(noise_for(tiny_spec(), TRAIN, store, backend=Counting()).folder)


def test_it_is_what_protected_images_are_beside_clean_ones(noise: Noise) -> None:
    found = perceptibility_of(TRAIN, noise)
    shielded = protected(TRAIN, noise).images
    assert found == perceptibility(_whole(TRAIN), shielded[:])
    assert 0 < found.ssim < 1 and math.isfinite(found.psnr)


def test_the_order_of_the_noise_does_not_matter(noise: Noise) -> None:
    order = torch.arange(len(noise)).flip(0)
    turned = replace(
        noise,
        values=noise.values[order],
        labels=noise.labels[order],
        ids=tuple(noise.ids[i] for i in order),
        digests=tuple(noise.digests[i] for i in order),
    )
    assert perceptibility_of(TRAIN, turned) == perceptibility_of(TRAIN, noise)


def test_noise_of_other_images_is_refused(noise: Noise) -> None:
    other = replace(noise, ids=tuple(f"other-{name}" for name in noise.ids))
    with pytest.raises(BadInput, match="have no noise"):
        perceptibility_of(TRAIN, other)


def _whole(images: ImageSet) -> torch.Tensor:
    return images.images[:]
