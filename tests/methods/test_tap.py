"""Targeted adversarial poisoning: the naive one to the bit."""

from __future__ import annotations

import torch

from sem_ray.methods.generation import generate
from tests.methods.naive_methods import NaiveTAP
from tests.methods.small_runs import small
from tests.samples import random_images

CPU = torch.device("cpu")


def test_tap_is_the_naive_one_bit_for_bit() -> None:
    spec, images = small("tap"), random_images(13)
    assert torch.equal(generate(spec, images, device=CPU).noise, NaiveTAP(spec, images).run())
