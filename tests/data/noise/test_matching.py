"""Noise finds its images in shuffled, partial and larger sets."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from sem_ray.data import add_noise, protected
from sem_ray.data.noise.matching import matched, with_noise
from tests.data.noise.noise_samples import random_images, random_noise

WHOLE = random_images(9)
VALUES = random_noise(WHOLE)
PROTECTED = add_noise(WHOLE.images[:], VALUES.values)


@given(st.permutations(range(9)), st.integers(1, 9), st.permutations(range(9)), st.integers(1, 9))
def test_rows_are_paired_by_id(shown: list[int], images: int, made: list[int], noises: int) -> None:
    """A set of some images, and noise that was made for some."""
    part = WHOLE.take(np.array(shown[:images]), "")
    noise = random_noise(WHOLE.take(np.array(made[:noises]), ""))
    match = matched(part, noise)
    common = set(part.ids) & set(noise.ids)
    assert {part.ids[row] for row in match.images} == common
    assert [part.ids[row] for row in match.images] == [noise.ids[row] for row in match.noise]
    assert set(match.without_noise) == set(part.ids) - common
    assert set(match.without_image) == set(noise.ids) - common
    assert with_noise(part, match).ids == tuple(name for name in part.ids if name in common)


@given(st.permutations(range(9)), st.integers(1, 8))
def test_shards_of_a_shuffled_set_are_protected_as_the_whole_is(order: list[int], cut: int) -> None:
    for rows in (np.array(order[:cut]), np.array(order[cut:])):
        shard = WHOLE.take(rows, "")
        shielded = protected(with_noise(shard, matched(shard, VALUES)), VALUES)
        assert torch.equal(shielded.images[:], PROTECTED[rows])
        assert shielded.images[:].dtype == torch.uint8


@given(st.integers(0, 2**31))
def test_the_noise_can_be_read_off_where_nothing_saturates(seed: int) -> None:
    images = random_images(3, seed)
    noise = random_noise(images, seed)
    change = protected(images, noise).images[:].to(torch.int16) - images.images[:]
    total = images.images[:].to(torch.int16) + noise.values
    inside = (total >= 0) & (total <= 255)
    assert torch.equal(change[inside], noise.values[inside].to(torch.int16))


def test_the_set_says_that_a_part_is_left_out() -> None:
    noise = random_noise(WHOLE.take(np.arange(4), ""))
    assert with_noise(WHOLE, matched(WHOLE, noise)).note == "with_noise=4"
    assert with_noise(WHOLE, matched(WHOLE, VALUES)) is WHOLE
