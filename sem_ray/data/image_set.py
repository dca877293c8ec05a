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

from sem_ray.errors import BadInput


@dataclass(frozen=True)
class Rows:
    """What a network sees of an image set, or of some shards of it: uint8 images [n, C, H, W] and
    int64 labels [n], below `classes`, resident on the run's device."""

    images: Tensor
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
        return self.images.device

    def to(self, device: torch.device) -> Rows:
        return replace(self, images=self.images.to(device), labels=self.labels.to(device))


@dataclass(frozen=True)
class ImageSet:
    """Labelled images of one size.

    images: uint8 [N, C, H, W]; labels: int64 [N], each below `len(classes)`; ids: N distinct
    names that stay with an image through shuffles and subsets (its path, or a hash of its
    pixels where the source has no paths). `note` says what was left out, as in `limit=2500`.
    """

    name: str
    images: Tensor
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
        index = torch.as_tensor(rows, device=self.images.device)
        return replace(
            self,
            images=self.images[index],
            labels=self.labels[index],
            ids=tuple(self.ids[row] for row in rows),
            note=note,
        )

    def with_images(self, images: Tensor, note: str) -> ImageSet:
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


def pixel_digests(images: NDArray[np.uint8]) -> tuple[str, ...]:
    """16 hexadecimal digits for each of [N, …] images."""
    return tuple(
        hashlib.sha256(np.ascontiguousarray(image).data).hexdigest()[:16] for image in images
    )


def ids_from_pixels(digests: Sequence[str]) -> tuple[str, ...]:
    """Ids for a source without names: the digest, numbered where an image occurs again."""
    seen: dict[str, int] = {}
    ids = []
    for digest in digests:
        seen[digest] = seen.get(digest, 0) + 1
        ids.append(digest if seen[digest] == 1 else f"{digest}-{seen[digest]}")
    return tuple(ids)


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
