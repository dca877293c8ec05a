"""Small image sets and specs for tests of the numerical floors."""

from __future__ import annotations

from typing import Any

import torch

from sem_ray.data import ImageSet
from sem_ray.draws import Draws
from sem_ray.peers import ALONE
from sem_ray.shards import Shards, Split
from sem_ray.spec import ExperimentSpec
from sem_ray.spec.reading import merged
from sem_ray.training import Team


def random_images(rows: int, classes: int = 3, size: int = 8, seed: int = 0) -> ImageSet:
    """uint8 noise with every class, black and white pixels among it."""
    generator = torch.Generator().manual_seed(seed)
    images = torch.randint(-40, 296, (rows, 3, size, size), generator=generator)
    return ImageSet(
        name="random",
        images=images.clamp(0, 255).to(torch.uint8),
        labels=torch.arange(rows) % classes,
        classes=tuple(f"class {i}" for i in range(classes)),
        ids=tuple(f"image {i}" for i in range(rows)),
    )


def team_of(rows: int, shards: int = 1) -> Team:
    """A batch of `rows` rows on this device alone, each of its shards a part."""
    split = Split(rows, rows, shards)
    return Team.of(Shards(split, Draws(0, torch.device("cpu"))), ALONE, folded=False)


def tiny_spec(**changes: Any) -> ExperimentSpec:
    """Seconds, in float64: a handful of images through the small network."""
    tree = {
        "augmentation": {"kind": "crop_flip", "padding": 2},
        "noise": {"radius": 8, "steps": 3, "step_size": 3, "samples": 2, "final_steps": 4},
        "surrogate": {"network": "small", "steps": 4, "batch": 6, "radius": 4, "attack_steps": 2},
        "victim": {"network": "small", "steps": 4, "batch": 6, "radii": [0, 4], "attack_steps": 2},
        "precision": "float64",
        "shards": 2,
    }
    return ExperimentSpec.model_validate(merged(tree, changes))
