"""What each method computes, against itself written plainly; and what holds for all of them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import torch

from sem_ray.checkpoint import Checkpoint, OutOfTime
from sem_ray.generation import Generated, Generation, generate
from sem_ray.methods import METHODS
from sem_ray.progress import Progress
from sem_ray.running import Finished
from sem_ray.spec import ExperimentSpec
from tests.generation.naive_methods import NaiveEM, NaiveTAP
from tests.generation.test_shared import SHARING, shared_noise
from tests.samples import random_images, tiny_spec

CPU = torch.device("cpu")
EM = {"train_steps": 2, "steps": 2, "loops": 2, "stop_error": 0}
SMALL: dict[str, dict[str, Any]] = {
    "rem": {"method": "rem", "steps": 1, "final_steps": 1},
    "em": {"method": "em", "em": EM},
    "em class-wise": {"method": "em", "em": {**EM, "class_wise": True}},
    "tap": {"method": "tap", "tap": {"epochs": 1, "steps": 2, "restarts": 2}},
}


def small(name: str, **changes: Any) -> ExperimentSpec:
    return tiny_spec(noise=SMALL[name], surrogate={"steps": 2}, **changes)


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
    assert seen[-1].done == seen[-1].total and seen[-1].figures["error"] < 10


def test_class_wise_noise_is_one_a_class() -> None:
    images = random_images(13)
    noise = generate(small("em class-wise"), images, device=CPU).noise
    for label in range(3):
        own = noise[images.labels == label]
        assert (own == own[0]).all()
    assert len({row.numpy().tobytes() for row in noise}) == 3


def test_tap_is_the_naive_one_bit_for_bit() -> None:
    spec, images = small("tap"), random_images(13)
    assert torch.equal(generate(spec, images, device=CPU).noise, NaiveTAP(spec, images).run())


@pytest.mark.parametrize("name", SMALL)
def test_any_method_gives_the_same_bits_however_many_share_it(name: str) -> None:
    spec, images = small(name, shards=4, precision="float32"), random_images(23)
    alone = generate(spec, images, device=CPU).noise
    for sharing in SHARING:
        state = shared_noise(spec, images, sharing)
        assert torch.equal(Generated.of(Finished(state, 0.0, 0.0)).noise, alone), sharing


@pytest.mark.parametrize("name", SMALL)
def test_any_method_in_single_units_gives_the_same_bits(name: str, tmp_path: Path) -> None:
    spec, images = small(name), random_images(13)
    sittings = 0
    while True:
        sittings += 1
        checkpoint = Checkpoint(tmp_path / "c", until=time.monotonic())
        try:
            parts = generate(spec, images, device=CPU, checkpoint=checkpoint)
        except OutOfTime:
            continue
        break
    assert sittings >= Generation(spec, images.rows).plan.total
    assert torch.equal(parts.noise, generate(spec, images, device=CPU).noise)


@pytest.mark.parametrize("name", SMALL)
def test_a_bounded_methods_noise_reaches_every_image_and_stays_within(name: str) -> None:
    noise = generate(small(name), random_images(13), device=CPU).noise
    assert (noise != 0).flatten(1).any(1).all()
    if METHODS[SMALL[name]["method"]].bounded:
        assert noise.abs().max() <= 8
