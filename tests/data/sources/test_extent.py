"""The extent of a source is that of the images which are loaded from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sem_ray.data import load
from sem_ray.data.sources.extent import CIFAR_SHAPE, CIFAR_TRAIN, Extent, extent_of
from sem_ray.errors import BadInput
from sem_ray.spec import DataSpec
from tests.data.sources.folder_files import write_images

OF_REAL_IMAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "Parquet": ("faces-orl", {}),
    "some classes of it": ("faces-orl", {"classes": 5, "resize": 32}),
    "folders": ("photos-ants-bees", {"resize": 32, "limit": 8}),
}


def require_same(spec: DataSpec) -> None:
    train = load(spec).train
    assert extent_of(spec) == Extent(len(train), train.shape, len(train.classes))


@pytest.mark.parametrize("changes", [{}, {"limit": 40, "classes": 3, "resize": 16, "channels": 1}])
def test_the_extent_of_digits(changes: dict[str, Any]) -> None:
    require_same(DataSpec(**changes))


@pytest.mark.parametrize("kind", OF_REAL_IMAGES)
def test_the_extent_of_files_is_that_of_the_images_in_them(kind: str, real_images: Path) -> None:
    source, changes = OF_REAL_IMAGES[kind]
    require_same(DataSpec(source=str(real_images / source), **changes))


def test_a_set_that_may_have_to_be_fetched_is_known_by_name() -> None:
    spec = DataSpec(source="torchvision:CIFAR100", classes=20)
    assert extent_of(spec) == Extent(CIFAR_TRAIN // 5, CIFAR_SHAPE, 20)
    assert extent_of(DataSpec(source="torchvision:CIFAR10")).noise_bytes == 50_000 * 3 * 32 * 32


def test_images_without_a_test_split_are_refused(tmp_path: Path) -> None:
    write_images(tmp_path)
    with pytest.raises(BadInput, match="no test images"):
        extent_of(DataSpec(source=str(tmp_path)))
