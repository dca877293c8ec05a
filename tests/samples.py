"""Small image sets and specs for tests of the numerical floors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from sem_ray.data import ImageSet, Manifest, Noise
from sem_ray.data.pixels.arrow_file import open_writable, write_blank
from sem_ray.data.pixels.memory_mapped import Mapped
from sem_ray.distributed import LOCAL
from sem_ray.distributed.shards import Shards, Split
from sem_ray.rng import RandomStreams
from sem_ray.spec import ExperimentSpec
from sem_ray.spec.reading import merged
from sem_ray.training import ParallelContext


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


def in_a_file(images: ImageSet, folder: Path) -> ImageSet:
    """The same images, mapped from `images.arrow` in `folder`."""
    places = write_blank(folder / "images.arrow", len(images), images.shape)
    pixels, digests = open_writable(places)
    pixels[:] = images.images[:].numpy()
    for row, digest in enumerate(images.digests):
        digests[row] = list(digest.encode("ascii"))
    return images.with_images(Mapped.whole(places.file), images.note)


def made_noise(images: ImageSet, values: Tensor) -> Noise:
    """int8 noise as a generation for `images` would have made it."""
    manifest = Manifest(
        fingerprint=images.fingerprint,
        radius=8,
        method="sem",
        spec={},
        identity="tests",
        seconds=0,
        sem_ray_version="0",
    )
    return Noise.made_for(images, values, manifest)


def team_of(rows: int, shards: int = 1) -> ParallelContext:
    """A batch of `rows` rows on this device alone, each of its shards a part."""
    split = Split(rows, rows, shards)
    return ParallelContext.of(
        Shards(split, RandomStreams(0, torch.device("cpu"))), LOCAL, folded=False
    )


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
