"""With the switches of parity on, noise is that of the published program, bit for bit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from sem_ray.data import ImageSet
from sem_ray.methods.generation import generate
from sem_ray.spec import ExperimentSpec
from tests.methods.naive_published import NaivePublished
from tests.samples import random_images, tiny_spec

CPU = torch.device("cpu")
SWITCHES = ("drop_last", "rounded_noise", "bound_gradient")


def images() -> ImageSet:
    """Many of their pixels lie where a radius of 8 takes them exactly to 0 or 1."""
    drawn = random_images(13)
    edge = torch.tensor([8, 247], dtype=torch.uint8).repeat(32).view(8, 8)
    pixels = torch.where(torch.arange(8)[:, None] < 4, edge, drawn.images[:])
    return replace(drawn, images=pixels)


def spec(**parity: bool) -> ExperimentSpec:
    noise = {"parity": parity, "step_size": 8, "steps": 2, "final_steps": 2}
    return tiny_spec(noise=noise, surrogate={"steps": 3}, shards=1)


@pytest.mark.parametrize("method", ["sem", "rem"])
def test_all_switches_together_give_the_published_programs_noise(method: str) -> None:
    on = spec(**dict.fromkeys(SWITCHES, True))
    noise = on.noise.model_copy(update={"method": method})
    against = "random" if method == "sem" else "adversarial"
    naive = NaivePublished(on, images(), noise_against=against).run()
    found = generate(on.model_copy(update={"noise": noise}), images(), device=CPU).noise
    assert torch.equal(found, naive)


@pytest.mark.parametrize("switch", SWITCHES)
def test_each_switch_is_one_difference_and_makes_one(switch: str) -> None:
    one: dict[str, Any] = {name: name == switch for name in SWITCHES}
    found = generate(spec(**one), images(), device=CPU).noise
    assert torch.equal(found, NaivePublished(spec(), images(), **one).run())
    assert not torch.equal(found, generate(spec(), images(), device=CPU).noise)


def test_without_switches_it_is_the_default() -> None:
    off: dict[str, Any] = dict.fromkeys(SWITCHES, False)
    naive = NaivePublished(spec(), images(), **off).run()
    assert torch.equal(generate(spec(), images(), device=CPU).noise, naive)
