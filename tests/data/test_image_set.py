"""What a fingerprint sees, and what labels are refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from sem_ray.data.image_set import Dataset, ImageSet, check_label_range, check_labels
from sem_ray.data.pixels.hashing import ids_from_pixels, pixel_digests
from sem_ray.errors import BadInput


@pytest.fixture
def images() -> ImageSet:
    return ImageSet(
        name="squares",
        images=torch.arange(4 * 12, dtype=torch.uint8).view(4, 3, 2, 2),
        labels=torch.tensor([0, 1, 0, 1]),
        classes=("cat", "dog"),
        ids=("a", "b", "c", "d"),
    )


def test_equal_contents_have_equal_fingerprints_whatever_their_name(images: ImageSet) -> None:
    assert replace(images, name="elsewhere").fingerprint == images.fingerprint


@pytest.mark.parametrize(
    "change",
    [
        {"images": torch.zeros(4, 3, 2, 2, dtype=torch.uint8)},
        {"images": torch.arange(4 * 12, dtype=torch.uint8).view(4, 3, 1, 4)},
        {"labels": torch.tensor([0, 1, 1, 1])},
        {"ids": ("a", "b", "c", "e")},
        {"classes": ("cat", "horse")},
        {"note": "limit=4,seed=0"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_any_change_of_contents_changes_the_fingerprint(
    images: ImageSet, change: dict[str, object]
) -> None:
    assert replace(images, **change).fingerprint != images.fingerprint  # type: ignore[arg-type]


def test_the_order_is_part_of_the_fingerprint(images: ImageSet) -> None:
    turned = images.take(np.array([3, 2, 1, 0]), note="")
    assert turned.ids == ("d", "c", "b", "a")
    assert turned.fingerprint != images.fingerprint


def test_digests_see_pixels_and_not_their_strides() -> None:
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    strided = np.asfortranarray(pixels)
    assert pixel_digests(pixels) == pixel_digests(strided)
    assert len(set(pixel_digests(pixels))) == 2


def test_ids_from_pixels_are_distinct() -> None:
    assert ids_from_pixels(["x", "y", "x", "x"]) == ("x", "y", "x-2", "x-3")


def test_labels_outside_the_classes_are_refused() -> None:
    with pytest.raises(BadInput, match="image q has label 2, but there are 2 classes"):
        check_labels("set", [0, 2], ["cat", "dog"], ["p", "q"].__getitem__)
    with pytest.raises(BadInput, match="image p has label -1"):
        check_label_range("set", [-1, 0], ["cat", "dog"], ["p", "q"].__getitem__)


def test_one_class_is_refused_for_training_only() -> None:
    check_label_range("set", [1, 1], ["cat", "dog"], ["p", "q"].__getitem__)
    with pytest.raises(BadInput, match="one class only"):
        check_labels("set", [1, 1], ["cat", "dog"], ["p", "q"].__getitem__)


def test_a_missing_test_split_is_named(images: ImageSet) -> None:
    with pytest.raises(BadInput, match="squares has no test images"):
        Dataset(images, None).require_test()
