"""The presets are whole experiments, and those named after the paper hold its constants."""

from __future__ import annotations

from typing import Any

import pytest

from sem_ray.networks import NETWORKS
from sem_ray.spec import CropFlip, ExperimentSpec, ResizedCrop, default_step_size
from sem_ray.spec.reading import preset as preset_tree
from sem_ray.spec.reading import presets
from sem_ray.spec.validation import validated


def preset(name: str) -> ExperimentSpec:
    return validated(ExperimentSpec, preset_tree(name), name)


PAPER: dict[str, dict[str, Any]] = {
    "cifar10": {
        "noise": {"radius": 8, "steps": 10, "step_size": 1.6, "samples": 5},
        "surrogate": {
            "network": "resnet18",
            "steps": 5000,
            "batch": 128,
            "decay_every": 2000,
            "radius": 4,
            "attack_steps": 10,
            "attack_step_size": 0.8,
        },
    },
    "imagenet-subset": {
        "noise": {"radius": 8, "steps": 7, "step_size": 2, "samples": 4},
        "surrogate": {
            "network": "resnet18-imagenet",
            "steps": 3000,
            "batch": 128,
            "decay_every": 1200,
            "radius": 4,
            "attack_steps": 7,
            "attack_step_size": 1,
        },
    },
}
"""The table of methods.md, section 2."""
SGD = {
    "learning_rate": 0.1,
    "momentum": 0.9,
    "nesterov": False,
    "weight_decay": 5e-4,
    "schedule": "step",
    "decay_factor": 0.1,
}
VICTIM = {"steps": 40_000, "batch": 128, "decay_every": 16_000, "attack_steps": 10}


def test_every_preset_is_an_experiment_of_known_networks() -> None:
    assert presets() == ["cifar10", "imagenet-subset", "quick"]
    for name in presets():
        spec = preset(name)
        assert {spec.surrogate.network, spec.victim.network} <= set(NETWORKS)


@pytest.mark.parametrize("name", PAPER)
def test_the_papers_presets_hold_its_constants(name: str) -> None:
    spec = preset(name).model_dump()
    for section, constants in PAPER[name].items():
        assert spec[section] == spec[section] | constants
    for section in ("surrogate", "victim"):
        assert spec[section] == spec[section] | SGD
    assert spec["victim"] == spec["victim"] | VICTIM


@pytest.mark.parametrize("name", PAPER)
def test_the_paper_perturbs_at_random_within_the_surrogates_radius_and_ends_with_the_same_k(
    name: str,
) -> None:
    spec = preset(name)
    assert spec.noise.alternating.perturbation_scale == 1
    assert spec.noise.alternating.final_steps in (None, spec.noise.alternating.steps)
    assert spec.precision == "float32"


@pytest.mark.parametrize("name", PAPER)
def test_the_papers_victims_step_a_fifth_of_their_radius(name: str) -> None:
    victim = preset(name).victim
    assert victim.attack_step_size is None
    for radius in victim.radii:
        assert default_step_size(radius, victim.attack_steps) == pytest.approx(radius / 5)


def test_the_papers_transforms() -> None:
    assert preset("cifar10").augmentation == CropFlip(padding=4, flip=True)
    assert preset("imagenet-subset").augmentation == ResizedCrop(size=224, flip=True)


def test_default_steps_are_the_papers_at_its_radii() -> None:
    assert default_step_size(8, 10) == pytest.approx(1.6)
    assert default_step_size(4, 10) == pytest.approx(0.8)


def test_quick_is_the_run_whose_accuracies_are_published() -> None:
    """Its own data is the caller's: 2,500 images of CIFAR-10, or the digits."""
    spec = preset("quick")
    assert (spec.noise.radius, spec.noise.alternating.steps, spec.noise.alternating.samples) == (
        8,
        3,
        2,
    )
    assert spec.noise.alternating.final_steps == 10
    assert (spec.surrogate.steps, spec.surrogate.radius) == (300, 2)
    assert spec.surrogate.attack_steps == 2
    assert spec.victim.radii == (0, 2) and spec.victim.steps == 300
    assert {spec.surrogate.network, spec.victim.network} == {"small"}
