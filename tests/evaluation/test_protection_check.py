"""The short check tells noise that protects from noise that does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from sem_ray.data import Dataset, ImageSet, Noise
from sem_ray.errors import BadInput
from sem_ray.evaluation import ShortCheck, can_check, short_check
from sem_ray.pipeline import OnDevice
from sem_ray.spec import ExperimentSpec
from sem_ray.store import Store
from tests.evaluation.objects import CLASSES, objects
from tests.samples import made_noise

TRAIN = objects(120)
TEST = objects(80, "test", seed=1)
SPEC = ExperimentSpec.model_validate(
    {"augmentation": {"kind": "crop_flip", "padding": 0, "flip": False}, "victim": {"steps": 30}}
)


def random_noise(images: ImageSet) -> Noise:
    generator = torch.Generator().manual_seed(0)
    values = torch.randint(-8, 9, tuple(images.images.shape), generator=generator)
    return made_noise(images, values.to(torch.int8))


def misleading(images: ImageSet) -> Noise:
    """Dims each object and lights the place where the next class has its own."""
    places = torch.zeros(CLASSES, *images.shape, dtype=torch.int8)
    for label, place in enumerate(places):
        top, left = 2 + 6 * (label // 2), 2 + 6 * (label % 2)
        place[:, top : top + 6, left : left + 6] = 1
    values = 120 * places.roll(-1, 0) - 127 * places
    noise = made_noise(images, values[images.labels])
    manifest = noise.manifest.model_copy(update={"radius": 127, "identity": "misleading"})
    return replace(noise, manifest=manifest)


def checked(folder: Path, data: Dataset, noise: Noise) -> ShortCheck:
    backend = OnDevice(torch.device("cpu"))
    return short_check(SPEC, data, noise, Store.open(folder), backend=backend)


def test_noise_that_protects_nothing_is_found_out(tmp_path: Path) -> None:
    found = checked(tmp_path, Dataset(TRAIN, TEST), random_noise(TRAIN))
    assert found.answer == "does not protect"
    assert found.sentence.startswith("the noise does not protect: a small network")
    assert "of 80 test images" in found.sentence and "chance is 25.0%" in found.sentence
    assert (found.train_images, found.test_images, found.held_out) == (120, 80, False)


def test_noise_that_hides_the_objects_protects_the_same_way_every_time(tmp_path: Path) -> None:
    data, noise = Dataset(TRAIN, TEST), misleading(TRAIN)
    found = checked(tmp_path / "a", data, noise)
    assert found.answer == "protects", found.sentence
    again = checked(tmp_path / "b", data, noise)
    assert again.comparison == found.comparison
    assert checked(tmp_path / "a", data, noise) == found


def test_without_a_test_split_training_images_are_held_out(tmp_path: Path) -> None:
    found = checked(tmp_path, Dataset(TRAIN, None), random_noise(TRAIN))
    assert (found.train_images, found.test_images, found.held_out) == (96, 24, True)
    assert "of 24 held-out images" in found.sentence


def test_too_few_images_to_hold_some_out_cannot_be_checked(tmp_path: Path) -> None:
    few = Dataset(objects(49), None)
    assert can_check(Dataset(objects(50), None))
    assert not can_check(few) and can_check(Dataset(objects(4), TEST))
    with pytest.raises(BadInput, match="49 training images are too few"):
        checked(tmp_path, few, random_noise(few.train))
