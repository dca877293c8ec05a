"""From a source that lists its images without decoding them to image sets in memory.

Labels come first, the subset is chosen from them, and only its images are decoded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from sem_ray.data.class_choice import ClassChoice
from sem_ray.data.decoding import Encoded
from sem_ray.data.form import Form, written
from sem_ray.data.image_set import (
    Dataset,
    ImageSet,
    check_label_range,
    check_labels,
    ids_from_pixels,
    pixel_digests,
)
from sem_ray.data.stacking import coloured, stacked
from sem_ray.data.subset import Chosen, Limit, chosen
from sem_ray.errors import BadInput


class Listing(Protocol):
    """A split whose images are still encoded."""

    @property
    def name(self) -> str:
        """What messages and records call it."""
        ...

    @property
    def labels(self) -> NDArray[np.int64]: ...

    @property
    def ids(self) -> tuple[str, ...] | None:
        """None where the images have no names of their own."""
        ...

    def place(self, row: int) -> str:
        """How a message names the image in this row."""
        ...

    def encoded(self, rows: NDArray[np.int64]) -> Iterator[Encoded]:
        """The images at the ascending `rows`."""
        ...


@dataclass(frozen=True)
class Wanted:
    """What is taken of a source (`classes` None: all) and the form it is brought to."""

    classes: int | None
    limit: Limit
    test_limit: Limit
    form: Form


def decoded_sets(
    train: Listing, test: Listing | None, classes: Sequence[str], wanted: Wanted
) -> Dataset:
    """The image sets of both splits. Raises `BadInput` with one line for what does not fit."""
    check_labels(train.name, train.labels.tolist(), classes, train.place)
    if test is not None:
        check_label_range(test.name, test.labels.tolist(), classes, test.place)
    choice = ClassChoice.first(train.name, classes, wanted.classes)
    # Both subsets before any decoding: a bad limit is found in a second, not after a minute.
    part = chosen(train.name, train.labels, choice, wanted.limit)
    test_part = None if test is None else chosen(test.name, test.labels, choice, wanted.test_limit)
    require_two_classes(train.name, part.labels, wanted.classes)
    pixels = stacked(train.encoded(part.rows), len(part.rows), wanted.form)
    if test is None or test_part is None:
        return Dataset(_image_set(train, part, pixels, choice), None)
    test_pixels = stacked(test.encoded(test_part.rows), len(test_part.rows), wanted.form)
    _require_one_size(train.name, pixels, test_pixels)
    if pixels.shape[1] != test_pixels.shape[1]:
        pixels, test_pixels = coloured(pixels), coloured(test_pixels)
    return Dataset(
        _image_set(train, part, pixels, choice), _image_set(test, test_part, test_pixels, choice)
    )


def _image_set(
    listing: Listing, part: Chosen, pixels: NDArray[np.uint8], choice: ClassChoice
) -> ImageSet:
    known = listing.ids
    return ImageSet(
        name=listing.name,
        images=torch.from_numpy(pixels),
        labels=torch.from_numpy(part.labels),
        classes=choice.names,
        ids=tuple(known[row] for row in part.rows)
        if known
        else ids_from_pixels(pixel_digests(pixels)),
        note=part.note,
    )


def require_two_classes(name: str, labels: NDArray[np.int64], count: int | None) -> None:
    """Raise `BadInput` where the first `count` classes leave one to learn."""
    if len(np.unique(labels)) < 2:
        raise BadInput(
            f"{name} has images of one class only among its first {count}; raise data.classes"
        )


def _require_one_size(name: str, train: NDArray[np.uint8], test: NDArray[np.uint8]) -> None:
    if train.shape[2:] != test.shape[2:]:
        raise BadInput(
            f"{name} has training images of {written(train.shape[2:])} and test images of "
            f"{written(test.shape[2:])} (width × height); bring them to one size with "
            "data.resize, as --set data.resize=224"
        )
