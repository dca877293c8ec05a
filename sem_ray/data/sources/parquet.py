"""Image sets from Parquet files in the Hugging Face image layout.

Read with `pyarrow.parquet` and not `pyarrow.dataset`: a dataset skips row groups by values and not
by row numbers, reads batches ahead, and takes only file names that are text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from sem_ray.data.decode.image_file import LARGEST_FILE, Encoded
from sem_ray.data.decode.parquet_file import cells, parquet_of, texts
from sem_ray.data.image_set import Dataset, require_plain
from sem_ray.data.pixels.hashing import file_signature
from sem_ray.data.sources.encoded_split import Listing, LoadOptions, decoded_sets
from sem_ray.data.sources.hub_layout import Columns, columns_of, splits_at
from sem_ray.errors import BadInput

LARGEST_UNNAMED = 1000
"""Labels from here on are taken for something else than classes, if there are fewer images."""


def read_parquet(name: str, path: Path, wanted: LoadOptions) -> Dataset:
    """The image set in a file or folder; `name` is what messages and records call it.

    A single file is a training set without test images. Raises `BadInput` with one line for
    anything that is missing, damaged or does not fit together.
    """
    listed = list_parquet(name, path)
    return decoded_sets(listed.train, listed.test, listed.classes, wanted, listed.notices)


def list_parquet(name: str, path: Path) -> Listing:
    """Both splits without their images."""
    files = splits_at(path)
    train = ParquetSplit.of(name, files.train)
    test = ParquetSplit.of(f"{name} (test)", files.test) if files.test else None
    classes, notices = _common_classes([*train.files, *(test.files if test else ())])
    return Listing(train, test, classes, notices)


@dataclass(frozen=True)
class ParquetFile:
    """One file without its images: labels int64 [n] and the paths that its rows give."""

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
                end = first + parquet.metadata.row_group(group).num_rows
                if len(_between(rows, first, end)):
                    yield from self._group(parquet, group, first, rows)
                first = end

    def _group(
        self, parquet: pq.ParquetFile, group: int, first: int, rows: NDArray[np.int64]
    ) -> Iterator[Encoded]:
        for batch in cells(parquet, group, self.columns.image, "bytes"):
            for row in _between(rows, first, first + len(batch)).tolist():
                yield self._image(row, batch[row - first])
            first += len(batch)

    def _image(self, row: int, cell: pa.Scalar) -> Encoded:
        """Raises `BadInput` if there is none, or it is too large to be copied out of its batch."""
        what = f"image {self.place(row)}"
        if not cell.is_valid:
            raise BadInput(
                f"{what} has no bytes; write the images into the file, not only their paths"
            )
        if cell.as_buffer().size > LARGEST_FILE:
            raise BadInput(f"{what} is {cell.as_buffer().size:,} bytes; make it smaller first")
        return Encoded(cell.as_py(), what)


@dataclass(frozen=True)
class ParquetSplit:
    """A split without its images: the rows of its files, one after the other."""

    name: str
    files: tuple[ParquetFile, ...]

    @classmethod
    def of(cls, name: str, files: Sequence[Path]) -> ParquetSplit:
        split = cls(name, tuple(_without_images(file) for file in files))
        if not len(split.labels):
            raise BadInput(f"{name} holds no images: {files[0]} has zero rows")
        return split

    @cached_property
    def labels(self) -> NDArray[np.int64]:
        return np.concatenate([file.labels for file in self.files])

    def place(self, row: int) -> str:
        """How a message names the image in this row of the split."""
        for file in self.files:
            if row < len(file.labels):
                return file.place(row)
            row -= len(file.labels)
        raise IndexError(row)

    @cached_property
    def ids(self) -> tuple[str, ...] | None:
        """The paths, if every row has its own; else None."""
        paths = [path for file in self.files for path in file.paths if path]
        return tuple(paths) if len(set(paths)) == len(self.labels) else None

    def encoded(self, rows: NDArray[np.int64]) -> Iterator[Encoded]:
        """The images at `rows`, ascending over all files."""
        first = 0
        for file in self.files:
            end = first + len(file.labels)
            yield from file.encoded(_between(rows, first, end) - first)
            first = end

    def signature(self, rows: NDArray[np.int64]) -> str:
        """Of whole files, because a file does not tell which of its images changed."""
        return f"{rows.tolist()} of {file_signature([file.file for file in self.files])}"


def _without_images(file: Path) -> ParquetFile:
    columns = columns_of(file)
    with parquet_of(file) as parquet:
        labels = parquet.read(columns=[columns.label]).column(columns.label)
        missing = pc.index(labels.is_null(), value=True).as_py()
        if missing >= 0:
            raise BadInput(
                f"row {missing} of {file} has no label ({columns.label} is null); "
                "label or remove it"
            )
        values = labels.cast(pa.int64()).to_numpy().astype(np.int64)
        return ParquetFile(file, columns, values, tuple(_paths(parquet, file, columns.image)))


def _paths(parquet: pq.ParquetFile, file: Path, image: str) -> Iterator[str | None]:
    """What each row gives as the image's path. Raises `BadInput` for what is no path."""
    for row, path in enumerate(texts(parquet, file, image, "path")):
        require_plain(path or "", f"row {row} of {file} has the path")
        yield path


def _common_classes(files: Sequence[ParquetFile]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The class names that all files agree on, or numbers up to the largest label if none names
    them; and notices about that."""
    first = files[0]
    for file in files:
        if file.columns.classes != first.columns.classes:
            raise BadInput(
                f"{first.file} and {file.file} name different classes; "
                "give both the class names of one image set"
            )
    if first.columns.classes is not None:
        return first.columns.classes, ()
    return _numbered(files)


def _numbered(files: Sequence[ParquetFile]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    labels = np.concatenate([file.labels for file in files])
    largest, place = int(labels.max(initial=0)), files[0].file
    if largest >= max(LARGEST_UNNAMED, len(labels)):
        raise BadInput(
            f"{place} does not name its classes, and its labels go up to {largest:,}; "
            "number the classes from 0, or name them"
        )
    empty = largest + 1 - len(np.unique(labels[labels >= 0]))
    notice = (
        f"{place} does not name its classes: they are taken to be 0 to {largest:,}, of which "
        f"{empty:,} have no image"
    )
    return tuple(map(str, range(largest + 1))), (notice,) if empty else ()


def _between(rows: NDArray[np.int64], first: int, end: int) -> NDArray[np.int64]:
    """Those of the ascending `rows` from `first` up to, not including, `end`."""
    low, high = np.searchsorted(rows, (first, end))
    return rows[low:high]
