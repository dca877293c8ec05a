"""Error-minimizing noise: the naive one to the bit, and where its loops stop."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from sem_ray.methods.generation import Generated, generate
from sem_ray.progress import Progress
from sem_ray.training.run_loop import Finished
from tests.methods.naive_methods import NaiveEM
from tests.methods.sharing import SHARING, shared_noise
from tests.methods.small_runs import small
from tests.samples import random_images, tiny_spec

CPU = torch.device("cpu")


@pytest.mark.parametrize("name", ["em", "em class-wise"])
def test_em_is_the_naive_one_bit_for_bit(name: str) -> None:
    spec, images = small(name), random_images(13)
    assert torch.equal(generate(spec, images, device=CPU).noise, NaiveEM(spec, images).run())


def test_em_stops_as_soon_as_its_surrogate_hardly_errs() -> None:
    settings = {"train_steps": 10, "steps": 5, "loops": 50, "stop_error": 10}
    changes: dict[str, Any] = {"method": "em", "em": settings, "radius": 32}
    spec, images = tiny_spec(noise=changes, surrogate={"batch": 13}), random_images(13)
    naive, seen = NaiveEM(spec, images), list[Progress]()
    found = generate(spec, images, device=CPU, sink=seen.append)
    assert torch.equal(found.noise, naive.run())
    assert 0 < naive.loops < 50
    assert seen[-1].done == seen[-1].total and seen[-1].metrics["error"] < 10


def test_members_stop_by_the_error_of_all_and_not_by_their_own() -> None:
    """After the first loop each member errs on less than 15% of all images, together on more."""
    settings = {"train_steps": 2, "steps": 2, "loops": 12, "stop_error": 15}
    noise = {"method": "em", "em": settings, "radius": 32}
    spec = tiny_spec(noise=noise, shards=4, surrogate={"batch": 12, "learning_rate": 0.03})
    images = random_images(24)
    seen: list[Progress] = []
    alone = generate(spec, images, device=CPU, sink=seen.append).noise
    assert 0 < seen[-1].metrics["error"] < 15
    state = shared_noise(spec, images, SHARING[2])
    assert torch.equal(Generated.of(Finished(state, 0.0, 0.0)).noise, alone)


def test_class_wise_noise_is_one_a_class() -> None:
    images = random_images(13)
    noise = generate(small("em class-wise"), images, device=CPU).noise
    for label in range(3):
        own = noise[images.labels == label]
        assert (own == own[0]).all()
    assert len({row.numpy().tobytes() for row in noise}) == 3


def test_em_noise_of_parity_is_optimised_on_augmented_views() -> None:
    images = random_images(13)
    plain = {"kind": "crop_flip", "padding": 0, "flip": False}
    for name in ("em", "em class-wise"):
        still = small(f"{name} parity", augmentation=plain)
        fixed = generate(small(name), images, device=CPU).noise
        assert torch.equal(generate(still, images, device=CPU).noise, fixed)
        moved = generate(small(f"{name} parity"), images, device=CPU).noise
        assert not torch.equal(moved, fixed)
