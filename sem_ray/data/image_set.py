"""An image set: uint8 images resident on a device, with labels, class names and stable ids."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sem_ray.data.pixels.hashing import pixel_digests
from sem_ray.data.pixels.memory_mapped import Index, Mapped
from sem_ray.data.pixels.prefetch import Pixels, Streamed, select, streams
from sem_ray.errors import BadInput


@dataclass(frozen=True)
class Rows:
    """What a network sees of an image set, or of some shards of it: uint8 images [n, C, H, W] and
    int64 labels [n], below `classes`. Labels lie on the run's device; so do images, or they stream
    to it."""

    images: Pixels | Streamed
    labels: Tensor
    classes: int

    def __len__(self) -> int:
        return len(self.images)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(C, H, W)."""
        channels, height, width = self.images.shape[1:]
        return int(channels), int(height), int(width)

    @property
    def device(self) -> torch.device:
        return self.labels.device

    @property
    def home(self) -> torch.device:
        """Where values are kept that belong to the images, one for each: beside them."""
        return self.images.device if isinstance(self.images, Tensor) else torch.device("cpu")

    def to(self, device: torch.device, *, stream: bool | None = None, beside: int = 0) -> Rows:
        """Ready for a run on `device` that keeps `beside` bytes for each of the images' values;
        `streams` says what `stream` means."""
        images = self.images
        if not isinstance(images, Streamed):
            if streams(images, device, stream, beside):
                images = Streamed(images, device)
            else:
                images = images.to(device)
        return replace(self, images=images, labels=self.labels.to(device))

    def prefetch(self, coming: Callable[[], Sequence[Index]]) -> None:
        """Where images stream, begin to read those that will be asked for next."""
        if isinstance(self.images, Streamed):
            self.images.prefetch(coming())


@dataclass(frozen=True)
class ImageSet:
    """Labelled images of one size.

    images: uint8 [N, C, H, W], in memory or in a file; labels: int64 [N], each below
    `len(classes)`; ids: N distinct names that stay with an image through shuffles and subsets (its
    path, or a hash of its pixels where the source has no paths). `note` says what was left out, as
    in `limit=2500`.
    """

    name: str
    images: Pixels
    labels: Tensor
    classes: tuple[str, ...]
    ids: tuple[str, ...]
    note: str = ""

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(C, H, W)."""
        channels, height, width = self.images.shape[1:]
        return int(channels), int(height), int(width)

    @cached_property
    def digests(self) -> tuple[str, ...]:
        """A hash of each image's pixels: 16 hexadecimal digits."""
        if isinstance(self.images, Mapped):
            return self.images.digests
        return pixel_digests(self.images.cpu().numpy())

    @cached_property
    def fingerprint(self) -> str:
        """Names the contents: pixels, labels, ids, classes and their order. Equal contents have
        equal fingerprints wherever they were read from; a subset says so in plain words."""
        digest = hashlib.sha256()
        rows = zip(self.ids, self.digests, self.labels.tolist(), strict=True)
        for name, pixels, label in rows:
            digest.update(f"{name}\0{pixels}\0{label}\n".encode())
        digest.update("\0".join(self.classes).encode())
        digest.update(str(self.shape).encode())
        note = f"+{self.note}" if self.note else ""
        return f"{digest.hexdigest()[:16]}{note}"

    def take(self, rows: NDArray[np.int64], note: str) -> ImageSet:
        """The images at `rows`, in that order."""
        index = torch.as_tensor(rows, device=self.labels.device)
        return replace(
            self,
            images=select(self.images, index),
            labels=self.labels[index],
            ids=tuple(self.ids[row] for row in rows),
            note=note,
        )

    def with_images(self, images: Pixels, note: str) -> ImageSet:
        """The same rows with other pixels (protected, filtered)."""
        return replace(self, images=images, note=note)

    @property
    def rows(self) -> Rows:
        """Without names."""
        return Rows(self.images, self.labels, len(self.classes))


@dataclass(frozen=True)
class Dataset:
    """Training images, and test images where the source has them."""

    train: ImageSet
    test: ImageSet | None

    def require_test(self) -> ImageSet:
        if self.test is None:
            raise BadInput(
                f"{self.train.name} has no test images to measure accuracy on; "
                "name a folder that holds a train and a test split"
            )
        return self.test


def check_labels(
    name: str, labels: Sequence[int], classes: Sequence[str], place: Callable[[int], str]
) -> None:
    """Raise `BadInput` where a label is outside the classes or only one class occurs. `place` is
    how a message names the image in a row."""
    check_label_range(name, labels, classes, place)
    if len(set(labels)) < 2:
        raise BadInput(
            f"{name} holds one class only; a surrogate needs at least two classes to tell apart"
        )


def check_label_range(
    name: str, labels: Sequence[int], classes: Sequence[str], place: Callable[[int], str]
) -> None:
    """Raise `BadInput` where a label is outside the classes: all that test images must meet."""
    for row, label in enumerate(labels):
        if not 0 <= label < len(classes):
            raise BadInput(
                f"{name}: image {place(row)} has label {label}, "
                f"but there are {len(classes)} classes (0 to {len(classes) - 1})"
            )
