"""The passes that a trial is said to take are those that it takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor

from sem_ray.methods.generation import generate
from sem_ray.networks import FrozenTwin
from sem_ray.pipeline.pass_counts import passes_of
from sem_ray.spec import ExperimentSpec
from sem_ray.spec.reading import preset
from sem_ray.training import Trainer
from sem_ray.victims import train_victim, victim_passes
from tests.pipeline.counting import DATA, TRAIN
from tests.samples import tiny_spec

CPU = torch.device("cpu")
SETTINGS: dict[str, dict[str, Any]] = {
    "sem": {"noise": {"method": "sem"}},
    "rem": {"noise": {"method": "rem", "final_steps": None}},
    "neither phase perturbed": {
        "noise": {"noise_phase": "none", "surrogate_phase": "none"},
    },
    "attacks of radius 0": {"noise": {"method": "rem"}, "surrogate": {"radius": 0}},
    "noise attacked at radius 0": {"noise": {"method": "rem", "perturbation_scale": 0}},
    "em": {
        "noise": {
            "method": "em",
            "em": {"loops": 2, "train_steps": 3, "steps": 2, "stop_error": 0},
        }
    },
    "em, class-wise": {
        "noise": {
            "method": "em",
            "em": {
                "class_wise": True,
                "loops": 2,
                "train_steps": 3,
                "steps": 2,
                "stop_error": 0,
            },
        }
    },
    "tap": {"noise": {"method": "tap", "tap": {"epochs": 2, "steps": 3, "restarts": 2}}},
    "shortcut": {"noise": {"method": "shortcut"}},
}


class Passes:
    """Images that any network took a gradient at."""

    images = 0


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Passes]:
    passes, gradient, step = Passes(), FrozenTwin.gradient, Trainer.step

    def counting_gradient(twin: FrozenTwin, images: Tensor, labels: Tensor) -> Tensor:
        passes.images += len(images)
        return gradient(twin, images, labels)

    def counting_step(
        trainer: Trainer, number: int, inputs: list[Tensor], labels: list[Tensor]
    ) -> Tensor:
        passes.images += sum(map(len, inputs))
        return step(trainer, number, inputs, labels)

    monkeypatch.setattr(FrozenTwin, "gradient", counting_gradient)
    monkeypatch.setattr(Trainer, "step", counting_step)
    yield passes


@pytest.mark.parametrize("settings", SETTINGS)
def test_a_generation_takes_the_passes_that_are_counted(settings: str, counted: Passes) -> None:
    spec = tiny_spec(**SETTINGS[settings])
    generate(spec, TRAIN, device=CPU)
    assert passes_of(spec, len(TRAIN))["generation_passes"] == pytest.approx(
        counted.images / len(TRAIN)
    )


@pytest.mark.parametrize("radius", [0, 4])
def test_a_victim_takes_the_passes_that_are_counted(radius: float, counted: Passes) -> None:
    spec = tiny_spec()
    train_victim(spec, radius, TRAIN, DATA.require_test(), device=CPU)
    expected = counted.images / len(TRAIN)
    assert victim_passes(spec, radius, len(TRAIN)) == pytest.approx(expected)


def test_the_published_generations_on_cifar10() -> None:
    """7,730 and 830 times over the set, the final pass included."""
    found = {
        method: passes_of(_cifar10(method), 50_000)["generation_passes"]
        for method in ("rem", "sem")
    }
    assert found == {"rem": pytest.approx(7730, abs=2), "sem": pytest.approx(830, abs=2)}


def test_a_trial_is_charged_its_noise_and_all_its_victims() -> None:
    spec = tiny_spec(victim={"radii": [0, 2, 4]})
    found = passes_of(spec, 6)
    assert found["victim_passes"] == 4 * (1 + 3 + 3)
    assert found["passes"] == found["generation_passes"] + found["victim_passes"]


def _cifar10(method: str) -> ExperimentSpec:
    tree = preset("cifar10")
    return ExperimentSpec.model_validate({**tree, "noise": {**tree["noise"], "method": method}})
