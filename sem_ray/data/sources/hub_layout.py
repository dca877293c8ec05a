"""How the Hugging Face Hub lays image sets out: which files are which split, and which columns
hold what."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sem_ray.errors import BadInput

TRAIN = "train"
TEST_NAMES = ("test", "validation", "valid", "val")
"""The first of these that a folder holds is its test split."""
LABEL_NAMES = ("label", "labels", "fine_label")
SHARD = re.compile(r"-(\d+)-of-(?P<count>\d+)")


@dataclass(frozen=True)
class Splits:
    """The files of each split in the order of their names; `test` may be empty."""

    train: tuple[Path, ...]
    test: tuple[Path, ...]


@dataclass(frozen=True)
class Columns:
    """What a file calls its columns; `classes` is None where it does not name the classes."""

    image: str
    label: str
    classes: tuple[str, ...] | None


@contextmanager
def parquet_of(file: Path) -> Iterator[pq.ParquetFile]:
    """The Parquet file, open; what Arrow raises where it cannot be read becomes a `BadInput` that
    names it."""
    try:
        # As bytes: names on the way may be no text.
        with pa.OSFile(os.fsencode(file)) as stream, pq.ParquetFile(stream) as found:
            yield found
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error).partition("\n")[0]
        raise BadInput(
            f"{file} cannot be read as Parquet ({reason}); write or fetch it again"
        ) from error


def splits_at(path: Path) -> Splits:
    """The splits of a folder, or of its `data` folder; a single file is a training split.

    Raises `BadInput` where there is no training split or part of one is missing.
    """
    if not path.is_dir():
        return Splits((path,), ())
    folder = _folder_at(path)
    if folder is None:
        raise BadInput(
            f"no images in {path}; name a folder that holds train-*.parquet and test-*.parquet, "
            "or one folder a class (alone, or in train/ and val/), or CIFAR's data_batch_*.bin"
        )
    train = _split(folder, TRAIN)
    if not train:
        found = ", ".join(sorted(file.name for file in folder.glob("*.parquet"))[:3])
        raise BadInput(
            f"no train-*.parquet in {folder}, which holds {found}; rename the training files, or "
            "name one file itself"
        )
    tests = (_split(folder, name) for name in TEST_NAMES)
    return Splits(train, next((files for files in tests if files), ()))


def holds_parquet(path: Path) -> bool:
    """Whether a folder, or its `data` folder, has Parquet files."""
    return _folder_at(path) is not None


def _folder_at(path: Path) -> Path | None:
    return next((f for f in (path, path / "data") if any(f.glob("*.parquet"))), None)


def _split(folder: Path, name: str) -> tuple[Path, ...]:
    named = re.compile(rf"{name}[-_.].*")
    files = tuple(sorted(f for f in folder.glob("*.parquet") if named.fullmatch(f.name)))
    for file in files:
        shard = SHARD.search(file.name)
        if shard and int(shard["count"]) != len(files):
            raise BadInput(
                f"{folder} holds {len(files)} {name} files where {file.name} counts "
                f"{int(shard['count'])}; fetch the missing ones or remove the extra ones"
            )
    return files


def columns_of(file: Path) -> Columns:
    """Raises `BadInput` where a file is not Parquet or a column is missing or ambiguous."""
    with parquet_of(file) as parquet:
        schema = parquet.schema_arrow
    features = _features(schema)
    label = _label_column(schema, features, file)
    return Columns(_image_column(schema, file), label, _class_names(features.get(label)))


def _features(schema: Any) -> dict[str, Any]:
    """The Hub's description of the columns; empty where there is none that can be read."""
    try:
        text = (schema.metadata or {}).get(b"huggingface", b"{}")
        features = json.loads(text)["info"]["features"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    return features if isinstance(features, dict) else {}


def _class_names(feature: Any) -> tuple[str, ...] | None:
    if not isinstance(feature, dict) or feature.get("_type") != "ClassLabel":
        return None
    names = feature.get("names")
    return tuple(str(name) for name in names) if isinstance(names, list) and names else None


def _image_column(schema: Any, file: Path) -> str:
    names = [field.name for field in schema if _holds_images(field.type)]
    if len(names) != 1:
        problem = f"has {len(names)} image columns" if names else "has no image column"
        raise BadInput(
            f"{file} {problem} (struct<bytes: binary, path: string>); found {_shown(schema)}; "
            "keep exactly one"
        )
    return str(names[0])


def _holds_images(kind: Any) -> bool:
    if not pa.types.is_struct(kind) or {"bytes", "path"} - {field.name for field in kind}:
        return False
    content = kind.field("bytes").type
    tests = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_null)
    return any(test(content) for test in tests)


def _label_column(schema: Any, features: dict[str, Any], file: Path) -> str:
    described = [name for name in schema.names if _class_names(features.get(name))]
    name = next((name for name in (*LABEL_NAMES, *described) if name in schema.names), None)
    if name is None:
        raise BadInput(
            f"{file} has no label column ({', '.join(LABEL_NAMES)}); found {_shown(schema)}"
        )
    kind = schema.field(name).type
    if not pa.types.is_integer(kind):
        raise BadInput(f"{file}: column {name} is {kind}; labels are whole numbers from 0")
    return str(name)


def _shown(schema: Sequence[Any]) -> str:
    return ", ".join(f"{field.name}: {field.type}" for field in schema) or "no columns"
