"""From a source that lists its images without decoding them to image sets.

Labels come first, the subset is chosen from them, and only its images are decoded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from sem_ray.data.class_choice import ClassChoice
from sem_ray.data.decoding import Encoded
from sem_ray.data.digests import ids_from_pixels
from sem_ray.data.form import Form, Room, room, written
from sem_ray.data.image_set import (
    Dataset,
    ImageSet,
    check_label_range,
    check_labels,
)
from sem_ray.data.mapped import Mapped
from sem_ray.data.shelf import PixelShelf
from sem_ray.data.stacking import stacked
from sem_ray.data.streamed import Pixels
from sem_ray.data.subset import Chosen, Limit, chosen
from sem_ray.errors import BadInput
from sem_ray.progress import ProgressSink, silent


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

    def stamp(self, rows: NDArray[np.int64]) -> str:
        """Changes where the images at `rows` may have: files, their sizes and times, and rows."""
        ...


@dataclass(frozen=True)
class Wanted:
    """What is taken of a source (`classes` None: all), the form it is brought to, and where it is
    kept if it is large."""

    classes: int | None
    limit: Limit
    test_limit: Limit
    form: Form
    shelf: PixelShelf | None = None
    sink: ProgressSink = silent


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
    pixels = _decoded(train, part, wanted, wanted.form)
    if test is None or test_part is None:
        return Dataset(_image_set(train, part, pixels, choice), None)
    test_pixels = _decoded(test, test_part, wanted, wanted.form)
    _require_one_size(train.name, pixels.shape, test_pixels.shape)
    if pixels.shape[1] != test_pixels.shape[1]:
        colour = replace(wanted.form, channels=3)
        pixels, test_pixels = (
            found if found.shape[1] == 3 else _decoded(listing, chosen_, wanted, colour)
            for found, listing, chosen_ in ((pixels, train, part), (test_pixels, test, test_part))
        )
    return Dataset(
        _image_set(train, part, pixels, choice), _image_set(test, test_part, test_pixels, choice)
    )


def _decoded(listing: Listing, part: Chosen, wanted: Wanted, form: Form) -> Pixels:
    """uint8 [n, C, H, W], in memory or on the shelf."""

    def decode(make: Room) -> NDArray[np.uint8]:
        images = listing.encoded(part.rows)
        return stacked(images, len(part.rows), form, make, wanted.sink)

    if wanted.shelf is None:
        return torch.from_numpy(decode(room))
    found = wanted.shelf.decoded(f"{form}\n{listing.stamp(part.rows)}", decode)
    return found if isinstance(found, Mapped) else torch.from_numpy(found)


def _image_set(listing: Listing, part: Chosen, pixels: Pixels, choice: ClassChoice) -> ImageSet:
    known = listing.ids
    found = ImageSet(
        name=listing.name,
        images=pixels,
        labels=torch.from_numpy(part.labels),
        classes=choice.names,
        ids=tuple(known[row] for row in part.rows) if known else (),
        note=part.note,
    )
    return found if known else replace(found, ids=ids_from_pixels(found.digests))


def require_two_classes(name: str, labels: NDArray[np.int64], count: int | None) -> None:
    """Raise `BadInput` where the first `count` classes leave one to learn."""
    if len(np.unique(labels)) < 2:
        raise BadInput(
            f"{name} has images of one class only among its first {count}; raise data.classes"
        )


def _require_one_size(name: str, train: tuple[int, ...], test: tuple[int, ...]) -> None:
    if train[2:] != test[2:]:
        raise BadInput(
            f"{name} has training images of {written(train[2:])} and test images of "
            f"{written(test[2:])} (width × height); bring them to one size with "
            "data.resize, as --set data.resize=224"
        )
