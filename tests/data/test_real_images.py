"""The image sets people use, where this machine has them."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from sem_ray.data import Dataset, load
from sem_ray.data.export import write_images
from sem_ray.errors import BadInput
from sem_ray.progress import silent
from sem_ray.spec import DataSpec


def _load(folder: Path, limit: int | None = None, test_limit: int | None = None) -> Dataset:
    return load(DataSpec(source=str(folder), limit=limit, test_limit=test_limit))


def test_lossless_cifar(real_images: Path) -> None:
    data = _load(real_images / "cifar10-lossless-5k")
    test = data.require_test()
    assert data.train.images.shape == (5085, 3, 32, 32)
    assert test.images.shape == (1017, 3, 32, 32)
    assert data.train.classes[:2] == ("airplane", "automobile")
    assert data.train.ids[:2] == ("0.png", "1.png")
    # CIFAR-10's first image, the frog, begins so in every copy.
    assert data.train.classes[int(data.train.labels[0])] == "frog"
    assert data.train.images[:][0, :, 0, 0].tolist() == [59, 62, 63]


def test_grey_portraits_stay_grey_unless_they_are_wanted_otherwise(real_images: Path) -> None:
    source = str(real_images / "faces-orl")
    train = load(DataSpec(source=source)).train
    assert train.images.shape == (280, 1, 112, 92)
    assert len(train.classes) == 40
    coloured = load(DataSpec(source=source, channels=3)).train
    assert coloured.shape == (3, 112, 92)
    assert (coloured.images[:] == train.images[:]).all()


def test_a_subset_of_many_jpegs_is_quick_and_balanced(real_images: Path) -> None:
    start = time.monotonic()
    data = _load(real_images / "cifar10-jpeg", 1000, 100)
    assert time.monotonic() - start < 5
    assert np.bincount(data.train.labels).tolist() == [100] * 10
    assert np.bincount(data.require_test().labels).tolist() == [10] * 10


def test_a_hundred_classes(real_images: Path) -> None:
    data = _load(real_images / "imagenet100-32", 300, 100)
    assert np.bincount(data.train.labels).tolist() == [3] * 100
    assert data.train.classes[0] == "n01443537"


def test_portraits_survive_an_export_pixel_by_pixel(real_images: Path, tmp_path: Path) -> None:
    faces = _load(real_images / "faces-orl", 80).train
    write_images(tmp_path, faces, "parquet", silent)
    found = _load(tmp_path).train
    assert (found.ids, found.classes) == (faces.ids, faces.classes)
    assert (found.images[:] == faces.images[:]).all() and (found.labels == faces.labels).all()


def test_the_first_of_a_hundred_classes(real_images: Path) -> None:
    source = str(real_images / "imagenet100-32")
    data = load(DataSpec(source=source, classes=10, limit=50, test_limit=20))
    whole = load(DataSpec(source=source, limit=100, test_limit=100))
    assert data.train.classes == tuple(sorted(whole.train.classes)[:10])
    assert np.bincount(data.train.labels).tolist() == [5] * 10
    assert np.bincount(data.require_test().labels).tolist() == [2] * 10


def test_photographs_of_many_sizes(real_images: Path) -> None:
    folder = real_images / "photos-ants-bees"
    with pytest.raises(BadInput, match=r"images differ in size: .*data\.resize=224"):
        _load(folder)
    data = load(DataSpec(source=str(folder), resize=224, limit=20, test_limit=10))
    assert data.train.images.shape == (20, 3, 224, 224)
    assert data.require_test().images.shape == (10, 3, 224, 224)
    assert data.train.classes == ("ants", "bees")
    assert set(data.train.ids) <= {
        f"{file.parent.name}/{file.name}" for file in folder.glob("train/*/*.jpg")
    }
