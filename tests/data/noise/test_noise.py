"""Noise finds its images by id, and no others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sem_ray.data import add_noise, protected
from sem_ray.data.pixels.add_noise import CHUNK
from sem_ray.errors import BadInput
from tests.data.noise.noise_samples import RADIUS, images_of, random_images, random_noise


@given(st.integers(0, 255), st.integers(-128, 127))
def test_sums_are_clipped_to_what_a_byte_holds(value: int, change: int) -> None:
    image = torch.full((1, 1, 1, 1), value, dtype=torch.uint8)
    noise = torch.full((1, 1, 1, 1), change, dtype=torch.int8)
    assert add_noise(image, noise).item() == min(max(value + change, 0), 255)


@given(st.integers(0, 2**31))
def test_noise_can_be_taken_off_again_where_nothing_saturates(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    shape = (3, 3, 4, 4)
    pixels = torch.randint(RADIUS, 256 - RADIUS, shape, dtype=torch.uint8, generator=generator)
    noise = random_noise(images_of(pixels), seed).values
    assert torch.equal(add_noise(add_noise(pixels, noise), -noise), pixels)


def test_every_chunk_gets_its_own_rows() -> None:
    pixels = torch.randint(0, 256, (2 * CHUNK + 3, 1, 2, 2), dtype=torch.uint8)
    noise = torch.randint(-128, 128, pixels.shape, dtype=torch.int8)
    before = pixels.clone()
    expected = (pixels.int() + noise.int()).clamp(0, 255).to(torch.uint8)
    assert torch.equal(add_noise(pixels, noise), expected)
    assert torch.equal(pixels, before)


@given(st.permutations(range(6)), st.integers(1, 6))
def test_shuffled_and_fewer_images_still_find_their_noise(order: list[int], count: int) -> None:
    whole = random_images()
    noise = random_noise(whole)
    rows = np.array(order[:count])
    part = protected(whole.take(rows, ""), noise)
    assert torch.equal(part.images[:], add_noise(whole.images[:], noise.values)[rows])
    assert part.ids == tuple(whole.ids[row] for row in rows)
    assert torch.equal(part.labels, whole.labels[rows])


def test_a_protected_set_says_so_in_its_fingerprint() -> None:
    whole = random_images()
    noise = random_noise(whole)
    assert protected(whole, noise).note == "noise=0123456789abcdef0123"
    part = whole.take(np.array([0, 1]), "limit=2,seed=0")
    assert protected(part, noise).note == "limit=2,seed=0,noise=0123456789abcdef0123"


def test_images_without_noise_are_refused_with_their_number() -> None:
    images = random_images()
    strangers = replace(images, ids=(*images.ids[:4], "x.png", "y.png"))
    says = r"0123456789abcdef0123 belongs to other images: 2 of the 6 images of samples .*x\.png"
    with pytest.raises(BadInput, match=says):
        protected(strangers, random_noise(images))


def test_images_whose_pixels_changed_are_refused_with_their_number() -> None:
    images = random_images()
    pixels = images.images[:].clone()
    pixels[2:, 0, 0, 0] ^= 1
    says = r"belongs to other images: 4 of the 6 images .* other pixels \(first: 2\.png\)"
    with pytest.raises(BadInput, match=says):
        protected(images.with_images(pixels, ""), random_noise(images))


def test_protecting_twice_is_refused() -> None:
    images = random_images()
    noise = random_noise(images)
    with pytest.raises(BadInput, match="other pixels"):
        protected(protected(images, noise), noise)


def test_the_same_bytes_in_another_shape_are_other_pixels() -> None:
    images = random_images()
    turned = images.with_images(images.images[:].reshape(6, 3, 5, 4), "")
    assert turned.digests == images.digests
    with pytest.raises(BadInput, match="6 of the 6 images of samples have another size"):
        protected(turned, random_noise(images))


def test_noise_is_named_by_its_values_too() -> None:
    """The same recipe gives other values on other kinds of devices."""
    noise = random_noise(random_images(4))
    other = replace(noise, values=noise.values.roll(1, 0))
    assert noise.name != other.name
    assert noise.name.startswith(noise.manifest.identity)
    assert replace(noise, values=noise.values.clone()).name == noise.name
