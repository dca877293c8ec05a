"""Image sets from Parquet files in the Hugging Face image layout."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sem_ray.data.image_set import Dataset
from sem_ray.data.sources.encoded_split import LoadOptions, decoded_sets
from sem_ray.data.sources.hub_layout import splits_at
from sem_ray.data.sources.parquet import Rows, Shard
from sem_ray.errors import BadInput

LARGEST_UNNAMED = 100_000
"""Labels beyond are taken for something else than classes."""


def read_parquet(name: str, path: Path, wanted: LoadOptions) -> Dataset:
    """The image set in a file or folder; `name` is what messages and records call it.

    A single file is a training set without test images. Raises `BadInput` with one line for
    anything that is missing, damaged or does not fit together.
    """
    files = splits_at(path)
    train = Rows.of(name, files.train)
    test = Rows.of(f"{name} (test)", files.test) if files.test else None
    classes = _common_classes([*train.shards, *(test.shards if test else ())])
    return decoded_sets(train, test, classes, wanted)


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
