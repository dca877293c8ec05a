"""Image sets from Parquet files in the Hugging Face image layout.

Labels and paths are read first, the subset is chosen from them, and only its images are decoded.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from sem_ray.data.decoding import stacked
from sem_ray.data.hub_layout import splits_at
from sem_ray.data.image_set import (
    Dataset,
    ImageSet,
    check_label_range,
    check_labels,
    ids_from_pixels,
    pixel_digests,
)
from sem_ray.data.parquet_rows import Rows, Shard
from sem_ray.data.subset import Limit
from sem_ray.errors import BadInput

LARGEST_UNNAMED = 100_000
"""Labels beyond are taken for something else than classes."""


def read_parquet(name: str, path: Path, limit: Limit, test_limit: Limit) -> Dataset:
    """The image set in a file or folder; `name` is what messages and records call it.

    A single file is a training set without test images. Raises `BadInput` with one line for
    anything that is missing, damaged or does not fit together.
    """
    files = splits_at(path)
    train = Rows.of(name, files.train)
    test = Rows.of(f"{name} (test)", files.test) if files.test else None
    classes = _common_classes([*train.shards, *(test.shards if test else ())])
    check_labels(train.name, train.labels.tolist(), classes, train.places)
    if test is not None:
        check_label_range(test.name, test.labels.tolist(), classes, test.places)
    # Both subsets before any decoding: a bad limit is found in a second, not after a minute.
    rows = limit.rows(train.name, train.labels)
    test_rows = test_limit.rows(test.name, test.labels) if test is not None else None
    train_set = _image_set(train, classes, limit, rows)
    test_set = _image_set(test, classes, test_limit, test_rows) if test is not None else None
    if test_set is not None:
        _require_one_shape(train_set, test_set)
    return Dataset(train_set, test_set)


def _common_classes(shards: Sequence[Shard]) -> tuple[str, ...]:
    """The class names all files agree on; numbers up to the largest label where none names them."""
    first = shards[0]
    for shard in shards:
        if shard.columns.classes != first.columns.classes:
            raise BadInput(
                f"{first.file} and {shard.file} name different classes; "
                "give both the class names of one image set"
            )
    if first.columns.classes is not None:
        return first.columns.classes
    largest = max(int(shard.labels.max(initial=0)) for shard in shards)
    if largest > LARGEST_UNNAMED:
        raise BadInput(
            f"{first.file} does not name its classes, and its labels go up to {largest:,}; "
            "number the classes from 0"
        )
    return tuple(str(label) for label in range(largest + 1))


def _image_set(
    rows: Rows, classes: tuple[str, ...], limit: Limit, chosen: NDArray[np.int64] | None
) -> ImageSet:
    taken = np.arange(len(rows.labels)) if chosen is None else chosen
    pixels = stacked(rows.encoded(taken), len(taken))
    known = rows.ids
    return ImageSet(
        name=rows.name,
        images=torch.from_numpy(pixels),
        labels=torch.from_numpy(rows.labels[taken]),
        classes=classes,
        ids=tuple(known[row] for row in taken) if known else ids_from_pixels(pixel_digests(pixels)),
        note="" if chosen is None else limit.note,
    )


def _require_one_shape(train: ImageSet, test: ImageSet) -> None:
    if train.shape != test.shape:
        (_, height, width), (_, test_height, test_width) = train.shape, test.shape
        raise BadInput(
            f"{train.name} has training images of {width}×{height} and test images of "
            f"{test_width}×{test_height} (width × height); resize them to one size first"
        )
