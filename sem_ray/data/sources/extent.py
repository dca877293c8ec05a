"""How many images of which shape a source holds, without decoding them: what a plan needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sem_ray.data.decode.form import Form
from sem_ray.data.decode.image_file import open_checked, upright_size
from sem_ray.data.image_set import ImageSet
from sem_ray.data.selection import Chosen, ClassChoice, Limit, chosen
from sem_ray.data.sources.cifar_binary import read_cifar
from sem_ray.data.sources.cifar_files import is_cifar
from sem_ray.data.sources.digits import NAME as DIGITS
from sem_ray.data.sources.digits import read_digits
from sem_ray.data.sources.encoded_split import EncodedSplit, Listing
from sem_ray.data.sources.hub_layout import holds_parquet
from sem_ray.data.sources.image_folder import is_image_folder, list_image_folder
from sem_ray.data.sources.parquet import list_parquet
from sem_ray.data.sources.torchvision_sets import SETS
from sem_ray.errors import BadInput
from sem_ray.spec.data import DataSpec

CIFAR_TRAIN = 50_000
CIFAR_SHAPE = (3, 32, 32)


@dataclass(frozen=True)
class Extent:
    """What a run works on. shape: (C, H, W) of the training images."""

    images: int
    """Training images."""
    shape: tuple[int, int, int]
    classes: int

    @property
    def noise_bytes(self) -> int:
        """Of int8 noise for each of the images' values."""
        channels, height, width = self.shape
        return self.images * channels * height * width


def extent_of(spec: DataSpec) -> Extent:
    """The training images that `spec` names. The first one's header says what shape all have.

    Raises `BadInput` if there is no such source, the limits do not fit it, or it has no test images
    to measure victims on.
    """
    if spec.source in SETS:
        return _of_cifar(spec, 10 if spec.source.endswith("CIFAR10") else 100)
    if spec.source == DIGITS:
        return _of_images(spec, read_digits(spec.seed).train)
    path = Path(spec.source).expanduser()
    if holds_parquet(path):
        return _of_listing(spec, list_parquet(spec.source, path))
    if is_cifar(path):
        return _of_images(spec, read_cifar(spec.source, path).train)
    list_splits = list_image_folder if is_image_folder(path) else list_parquet
    return _of_listing(spec, list_splits(spec.source, path))


def _of_cifar(spec: DataSpec, classes: int) -> Extent:
    """Of a set that may have to be fetched first; its classes are alike in size."""
    kept = min(spec.classes or classes, classes)
    within = min(CIFAR_TRAIN * kept // classes, spec.limit or CIFAR_TRAIN)
    return Extent(within, _formed(spec, CIFAR_SHAPE), kept)


def _of_images(spec: DataSpec, train: ImageSet) -> Extent:
    taken = _taken(spec, train.name, train.labels.numpy(), train.classes)
    return Extent(len(taken.rows), _formed(spec, train.shape), spec.classes or len(train.classes))


def _of_listing(spec: DataSpec, listed: Listing) -> Extent:
    train = listed.train
    if listed.test is None:
        raise BadInput(
            f"{train.name} has no test images to measure accuracy on; "
            "name a folder that holds a train and a test split"
        )
    rows = _taken(spec, train.name, train.labels, listed.classes).rows
    shape = _first_shape(spec, train, rows[:1])
    return Extent(len(rows), shape, spec.classes or len(listed.classes))


def _taken(spec: DataSpec, name: str, labels: NDArray[np.int64], classes: Sequence[str]) -> Chosen:
    choice = ClassChoice.first(name, classes, spec.classes)
    return chosen(name, labels, choice, Limit(spec.limit, spec.seed, "data.limit"))


def _first_shape(
    spec: DataSpec, split: EncodedSplit, rows: NDArray[np.int64]
) -> tuple[int, int, int]:
    """From the header of the image at the one of `rows`."""
    (image,) = split.encoded(rows)
    form = Form(spec.resize, spec.channels)
    channels, (height, width) = open_checked(
        image, lambda opened: (form.channels_of(opened), upright_size(opened))
    )
    return _formed(spec, (channels, height, width))


def _formed(spec: DataSpec, shape: tuple[int, int, int]) -> tuple[int, int, int]:
    channels, height, width = shape
    side = spec.resize
    return spec.channels or channels, side or height, side or width
