"""What is said of images, costs and what to try next."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from sem_ray.api.advice import ImageFacts, advice, hours_notices
from sem_ray.evaluation import ShortCheck, compared
from sem_ray.pipeline import Accuracy
from sem_ray.spec import ExperimentSpec
from sem_ray.spec.reading import merged, preset
from sem_ray.victims import Victim
from tests.evaluation.objects import objects
from tests.samples import random_images

CPU = torch.device("cpu")
BLACK = ImageFacts(680, 20, 1, 128, 128, 0.7)
COLOURED = ImageFacts(2500, 10, 3, 32, 32, 0.01)


def spec(**noise: Any) -> ExperimentSpec:
    return ExperimentSpec.model_validate(merged(preset("quick"), {"noise": noise}))


def check(protected: float, clean: float = 100.0) -> ShortCheck:
    sides = (Victim(0.0, ((1, side),), 0.1, 1) for side in (clean, protected))
    return ShortCheck(compared([Accuracy(0.0, *sides)], 5.0, 400), 300, 680, 400, False, 1)


def test_facts_are_those_of_the_images() -> None:
    facts = ImageFacts.of(objects(40))
    assert (facts.images, facts.channels, facts.height, facts.width) == (40, 1, 16, 16)
    assert facts.clipped == pytest.approx(1 - 25 / 256, abs=0.01)
    assert facts.description.startswith("40 grey images of 16×16, 90% of their values black")


def test_noise_that_protects_needs_no_advice() -> None:
    assert advice(spec(), BLACK, check(10.0)) == ()


def test_a_larger_radius_is_advised_and_the_reason_is_in_the_images() -> None:
    first, longer = advice(spec(), BLACK, check(99.7))
    assert first.startswith("70% of the values are black or white")
    assert first.endswith("--set noise.radius=16") and longer.endswith("surrogate.steps=600")
    assert advice(spec(), COLOURED, check(99.7))[0] == "a larger radius, --set noise.radius=16"


def test_advice_is_about_settings_that_the_method_reads() -> None:
    assert advice(spec(method="shortcut"), BLACK, check(99.7)) == ()
    assert len(advice(spec(method="tap"), BLACK, check(99.7))) == 1
    assert "radius" not in advice(spec(radius=32), BLACK, check(99.7))[0]


def test_what_cannot_be_told_names_the_command_that_tells() -> None:
    (line,) = advice(spec(), BLACK, check(5.0, clean=6.0))
    assert line.startswith("the small network learned nothing") and "sem-ray evaluate" in line


def test_hours_on_a_cpu_are_said_before_they_are_spent() -> None:
    images = random_images(200, size=32)
    (said,) = hours_notices(ExperimentSpec(), images, CPU)
    assert said.startswith("about ") and "hours on this CPU: 5,000 steps of resnet18" in said
    assert "--preset quick" in said
    assert hours_notices(spec(), images, CPU) == ()
    assert hours_notices(ExperimentSpec(), images, torch.device("cuda")) == ()
