"""CIFAR-10 and CIFAR-100 from their authors' binary version: bytes at known places, no pickle.

https://www.cs.toronto.edu/~kriz/cifar.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from sem_ray.data.image_set import (
    Dataset,
    ImageSet,
    check_label_range,
    check_labels,
    require_plain,
)
from sem_ray.data.sources.cifar_files import Contents, Layout, contents_at
from sem_ray.errors import BadInput

SHAPE = (3, 32, 32)


@dataclass(frozen=True)
class _Records:
    """pixels: uint8 [N, 3, 32, 32]; labels: int64 [N]."""

    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]


def read_cifar(name: str, path: Path) -> Dataset:
    """All of a folder or archive; `name` is what messages and records call it.

    Ids are split and row, as `train-00017`, like those of torchvision's copy: noise for one serves
    the other if their rows agree, and is refused by its digests if not.
    Raises `BadInput` if a file is missing, damaged or of another kind.
    """
    layout, contents = contents_at(path)
    classes = _class_names(contents[layout.names], path / layout.names)
    train = _image_set(name, "train", _records(contents, layout, layout.train), classes)
    test = _image_set(f"{name} (test)", "test", _records(contents, layout, (layout.test,)), classes)
    check_labels(train.name, train.labels.tolist(), classes, train.ids.__getitem__)
    check_label_range(test.name, test.labels.tolist(), classes, test.ids.__getitem__)
    return Dataset(train, test)


def _class_names(content: bytes, place: Path) -> tuple[str, ...]:
    try:
        lines = content.decode("utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise BadInput(f"{place} is not UTF-8 text; fetch it again") from error
    names = tuple(line.strip() for line in lines if line.strip())
    if len(set(names)) != len(names) or len(names) < 2:
        raise BadInput(f"{place} must name at least two classes, each on a line of its own")
    for name in names:
        require_plain(name, f"{place} names the class")
    return names


def _records(contents: Contents, layout: Layout, files: Sequence[str]) -> _Records:
    """The records of all `files`: label bytes, the last of them the finest, then three channels."""
    rows = [np.frombuffer(contents[file], np.uint8).reshape(-1, layout.record) for file in files]
    labels = [part[:, layout.label_bytes - 1] for part in rows]
    pixels = [part[:, layout.label_bytes :] for part in rows]
    return _Records(
        np.concatenate(pixels).reshape(-1, *SHAPE), np.concatenate(labels).astype(np.int64)
    )


def _image_set(name: str, split: str, records: _Records, classes: tuple[str, ...]) -> ImageSet:
    return ImageSet(
        name=name,
        images=torch.from_numpy(records.pixels),
        labels=torch.from_numpy(records.labels),
        classes=classes,
        ids=tuple(f"{split}-{row:05d}" for row in range(len(records.labels))),
    )
