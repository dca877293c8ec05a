"""The rows of a split without their images, and the encoded images of chosen rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from sem_ray.data.decode.image_file import Encoded
from sem_ray.data.sources.hub_layout import Columns, columns_of, parquet_of
from sem_ray.data.stamps import file_signature
from sem_ray.errors import BadInput

BATCH = 256
"""Rows read at a time, so that memory holds the pixels and few encoded images beside them."""


@dataclass(frozen=True)
class Shard:
    """One file without its images: labels int64 [n] and the paths its rows give."""

    file: Path
    columns: Columns
    labels: NDArray[np.int64]
    paths: tuple[str | None, ...]

    def place(self, row: int) -> str:
        """How a message names the image in row `row` of the file."""
        where = f"row {row} of {self.file}"
        return f"{self.paths[row]} ({where})" if self.paths[row] else f"in {where}"

    def encoded(self, rows: NDArray[np.int64]) -> Iterator[Encoded]:
        """The images at `rows`, ascending; row groups without any of them are not read."""
        with parquet_of(self.file) as parquet:
            first = 0
            for group in range(parquet.num_row_groups):
                size = parquet.metadata.row_group(group).num_rows
                if len(_between(rows, first, first + size)):
                    yield from self._group(parquet, group, first, rows)
                first += size

    def _group(
        self, parquet: Any, group: int, first: int, rows: NDArray[np.int64]
    ) -> Iterator[Encoded]:
        wanted_column = [f"{self.columns.image}.bytes"]
        for batch in parquet.iter_batches(BATCH, row_groups=[group], columns=wanted_column):
            wanted = _between(rows, first, first + batch.num_rows)
            contents = pc.struct_field(batch.column(0), "bytes").take(pa.array(wanted - first))
            for row, content in zip(wanted.tolist(), contents.to_pylist(), strict=True):
                if content is None:
                    raise BadInput(
                        f"image {self.place(row)} has no bytes; write the images into the file, "
                        "not only their paths"
                    )
                yield Encoded(content, f"image {self.place(row)}")
            first += batch.num_rows


@dataclass(frozen=True)
class Rows:
    """A split without its images: the rows of its shards, one after the other."""

    name: str
    shards: tuple[Shard, ...]

    @classmethod
    def of(cls, name: str, files: Sequence[Path]) -> Rows:
        rows = cls(name, tuple(_read_shard(file) for file in files))
        if not len(rows.labels):
            raise BadInput(f"{name} holds no images: {files[0]} has zero rows")
        return rows

    @cached_property
    def labels(self) -> NDArray[np.int64]:
        return np.concatenate([shard.labels for shard in self.shards])

    def place(self, row: int) -> str:
        """How a message names the image in this row of the split."""
        for shard in self.shards:
            if row < len(shard.labels):
                return shard.place(row)
            row -= len(shard.labels)
        raise IndexError(row)

    @cached_property
    def ids(self) -> tuple[str, ...] | None:
        """The paths, where every row has its own; else None."""
        paths = [path for shard in self.shards for path in shard.paths if path]
        return tuple(paths) if len(set(paths)) == len(self.labels) else None

    def encoded(self, rows: NDArray[np.int64]) -> Iterator[Encoded]:
        """The images at `rows`, ascending over all shards."""
        first = 0
        for shard in self.shards:
            end = first + len(shard.labels)
            yield from shard.encoded(_between(rows, first, end) - first)
            first = end

    def signature(self, rows: NDArray[np.int64]) -> str:
        """Of whole files: which of their images changed they do not say."""
        return f"{rows.tolist()} of {file_signature([shard.file for shard in self.shards])}"


def _read_shard(file: Path) -> Shard:
    columns = columns_of(file)
    with parquet_of(file) as parquet:
        table = parquet.read(columns=[columns.label, f"{columns.image}.path"])
        labels = table.column(columns.label)
        paths = pc.struct_field(table.column(columns.image), "path").to_pylist()
        missing = pc.index(labels.is_null(), value=True).as_py()
        if missing >= 0:
            raise BadInput(
                f"row {missing} of {file} has no label ({columns.label} is null); "
                "label or remove it"
            )
        values = labels.cast(pa.int64()).to_numpy().astype(np.int64)
    return Shard(file, columns, values, tuple(paths))


def _between(rows: NDArray[np.int64], first: int, end: int) -> NDArray[np.int64]:
    """Those of the ascending `rows` from `first` up to, not including, `end`."""
    low, high = np.searchsorted(rows, (first, end))
    return rows[low:high]
