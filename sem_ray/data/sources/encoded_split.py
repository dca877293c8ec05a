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

from sem_ray.data.decode.batch import decode_batch
from sem_ray.data.decode.form import Form
from sem_ray.data.decode.image_file import Encoded, decoder
from sem_ray.data.image_set import (
    Dataset,
    ImageSet,
    check_label_range,
    check_labels,
)
from sem_ray.data.pixels.allocation import Allocate, allocate, written
from sem_ray.data.pixels.cache import PixelCache
from sem_ray.data.pixels.hashing import ids_from_pixels
from sem_ray.data.pixels.memory_mapped import Mapped
from sem_ray.data.pixels.prefetch import Pixels
from sem_ray.data.selection import Chosen, ClassChoice, Limit, chosen
from sem_ray.errors import BadInput
from sem_ray.progress import ProgressSink, silent


class EncodedSplit(Protocol):
    """A split whose images are still encoded."""

    @property
    def name(self) -> str:
        """What messages and records call it."""
        ...

    @property
    def labels(self) -> NDArray[np.int64]: ...

    @property
    def ids(self) -> tuple[str, ...] | None:
        """None if the images have no names of their own."""
        ...

    def place(self, row: int) -> str:
        """How a message names the image in this row."""
        ...

    def encoded(self, rows: NDArray[np.int64]) -> Iterator[Encoded]:
        """The images at the ascending `rows`."""
        ...

    def signature(self, rows: NDArray[np.int64]) -> str:
        """Changes if the images at `rows` may have: files, their sizes and times, and rows."""
        ...


@dataclass(frozen=True)
class Listing:
    """The splits of a source without their images, and what to say about them."""

    train: EncodedSplit
    test: EncodedSplit | None
    classes: Sequence[str]
    notices: Sequence[str] = ()


@dataclass(frozen=True)
class LoadOptions:
    """Which images of a source are taken (`classes` None: all), the form they are brought to, and
    the cache that keeps their pixels if they are too many for memory."""

    classes: int | None
    limit: Limit
    test_limit: Limit
    form: Form
    pixel_cache: PixelCache | None = None
    sink: ProgressSink = silent


def decoded_sets(
    train: EncodedSplit,
    test: EncodedSplit | None,
    classes: Sequence[str],
    wanted: LoadOptions,
    notices: Sequence[str] = (),
) -> Dataset:
    """The image sets of both splits, with `notices` about them. Raises `BadInput` with one line for
    what does not fit."""
    check_labels(train.name, train.labels.tolist(), classes, train.place)
    if test is not None:
        check_label_range(test.name, test.labels.tolist(), classes, test.place)
    choice = ClassChoice.first(train.name, classes, wanted.classes)
    # Both subsets before any decoding: a bad limit is found in a second, not after a minute.
    splits = [_Split(train, chosen(train.name, train.labels, choice, wanted.limit))]
    if test is not None:
        part = chosen(test.name, test.labels, choice, wanted.test_limit)
        splits.append(_Split(test, part))
    require_two_classes(train.name, splits[0].part.labels, wanted.classes)
    found = [split.image_set(choice, pixels) for split, pixels in _alike(splits, wanted)]
    said = (*notices, *wanted.form.notices)
    return Dataset(found[0], found[1] if test is not None else None, said)


@dataclass(frozen=True)
class _Split:
    """The rows selected from an encoded split."""

    listing: EncodedSplit
    part: Chosen

    def decoded(self, wanted: LoadOptions, form: Form) -> Pixels:
        """uint8 [n, C, H, W], in memory or in the pixel cache."""

        def decode(make: Allocate) -> NDArray[np.uint8]:
            images = self.listing.encoded(self.part.rows)
            return decode_batch(images, len(self.part.rows), form, make, wanted.sink)

        if wanted.pixel_cache is None:
            return torch.from_numpy(decode(allocate))
        signature = f"{decoder()}\n{form}\n{self.listing.signature(self.part.rows)}"
        found = wanted.pixel_cache.decoded(signature, decode)
        return found if isinstance(found, Mapped) else torch.from_numpy(found)

    def image_set(self, choice: ClassChoice, pixels: Pixels) -> ImageSet:
        known, rows = self.listing.ids, self.part.rows
        found = ImageSet(
            name=self.listing.name,
            images=pixels,
            labels=torch.from_numpy(self.part.labels),
            classes=choice.names,
            ids=tuple(known[row] for row in rows) if known else (),
            note=self.part.note,
            left_out=self.part.left_out,
        )
        return found if known else replace(found, ids=ids_from_pixels(found.digests))


def _alike(splits: Sequence[_Split], wanted: LoadOptions) -> list[tuple[_Split, Pixels]]:
    """Each with its pixels, of one shape; grey ones become RGB beside others with colour."""
    found = [split.decoded(wanted, wanted.form) for split in splits]
    _require_one_size(splits[0].listing.name, [pixels.shape for pixels in found])
    if len({pixels.shape[1] for pixels in found}) > 1:
        colour = replace(wanted.form, channels=3)
        found = [
            pixels if pixels.shape[1] == 3 else split.decoded(wanted, colour)
            for split, pixels in zip(splits, found, strict=True)
        ]
    return list(zip(splits, found, strict=True))


def select_rows(data: Dataset, wanted: LoadOptions) -> Dataset:
    """`data` with what is wanted of it, on the CPU. Raises `BadInput` if that is not there."""
    train = data.train
    choice = ClassChoice.first(train.name, train.classes, wanted.classes)
    test = data.test and _narrowed(data.test, choice, wanted.test_limit, wanted.form)
    narrow = _narrowed(train, choice, wanted.limit, wanted.form)
    require_two_classes(train.name, narrow.labels.numpy(), wanted.classes)
    height, width = train.images.shape[2:]
    cropped = height != width and wanted.form.resize is not None
    return Dataset(narrow, test, wanted.form.notices if cropped else ())


def _narrowed(images: ImageSet, choice: ClassChoice, limit: Limit, form: Form) -> ImageSet:
    part = chosen(images.name, images.labels.numpy(), choice, limit)
    # Taking copies; a set of which nothing is left out may be large.
    taken = images if len(part.rows) == len(images) else images.take(part.rows, part.note)
    return replace(
        taken,
        images=form.applied(taken.images, images.name),
        labels=torch.from_numpy(part.labels),
        classes=choice.names,
        left_out=part.left_out,
    )


def require_two_classes(name: str, labels: NDArray[np.int64], count: int | None) -> None:
    """Raise `BadInput` if the first `count` classes leave one to learn."""
    if len(np.unique(labels)) < 2:
        raise BadInput(
            f"{name} has images of one class only among its first {count}; raise data.classes"
        )


def _require_one_size(name: str, shapes: Sequence[tuple[int, ...]]) -> None:
    train, test = shapes[0][2:], shapes[-1][2:]
    if train != test:
        raise BadInput(
            f"{name} has training images of {written(train)} and test images of "
            f"{written(test)} (width × height); bring them to one size with "
            "data.resize, as --set data.resize=224"
        )
