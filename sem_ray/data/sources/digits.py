"""The handwritten digits that come with scikit-learn: real images with nothing to fetch."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from sem_ray.data.image_set import Dataset, ImageSet
from sem_ray.errors import BadInput
from sem_ray.rng import numpy_generator

NAME = "digits"
SIZE = 32
TEST_SHARE = 0.2
LARGEST_VALUE = 16
"""The 8×8 originals count the set pixels of 4×4 blocks."""


def read_digits(seed: int) -> Dataset:
    """1,797 digits in ten classes, uint8 [N, 3, 32, 32]; `seed` draws the stratified split into
    four fifths for training and one fifth for testing.

    Raises `BadInput` where scikit-learn is not installed.
    """
    values, labels = _originals()
    images = enlarged(torch.from_numpy(values))
    in_test = _test_rows(labels, seed)
    return Dataset(
        train=_image_set(NAME, images, labels, np.flatnonzero(~in_test)),
        test=_image_set(f"{NAME} (test)", images, labels, np.flatnonzero(in_test)),
    )


def enlarged(values: Tensor) -> Tensor:
    """uint8 [N, 3, 32, 32] from values 0 to 16, [N, 8, 8], by bilinear interpolation.

    The weights are multiples of 1/64, so float32 is exact here and the bytes are the same on any
    machine.
    """
    to_chw = values.to(torch.float32).unsqueeze(1)
    to_chw = F.interpolate(to_chw, size=(SIZE, SIZE), mode="bilinear", align_corners=False)
    grey = to_chw.mul_(255 / LARGEST_VALUE).round_().to(torch.uint8)
    return grey.repeat(1, 3, 1, 1)


def _originals() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Values [1797, 8, 8] and labels [1797]."""
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise BadInput(
            "the digits come with scikit-learn, which is not installed: "
            "pip install 'sem-ray[images]', or name a Parquet folder as data.source"
        ) from error
    bunch = load_digits()
    return bunch.images, bunch.target.astype(np.int64)


def _test_rows(labels: NDArray[np.int64], seed: int) -> NDArray[np.bool_]:
    """Marks a fifth of each class."""
    chosen = np.zeros(len(labels), np.bool_)
    for label in np.unique(labels).tolist():
        members = np.flatnonzero(labels == label)
        order = numpy_generator(seed, "split", label).permutation(len(members))
        chosen[members[order[: round(TEST_SHARE * len(members))]]] = True
    return chosen


def _image_set(
    name: str, images: Tensor, labels: NDArray[np.int64], rows: NDArray[np.int64]
) -> ImageSet:
    return ImageSet(
        name=name,
        images=images[torch.from_numpy(rows)],
        labels=torch.from_numpy(labels[rows]),
        classes=tuple(str(digit) for digit in range(10)),
        ids=tuple(f"digit-{row:04d}" for row in rows.tolist()),
    )
