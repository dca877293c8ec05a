"""Parquet files, which strangers may have made, opened and read in pieces of bounded size."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sem_ray.errors import BadInput

BATCH = 256
"""Rows read at a time, so that memory holds the pixels and few encoded images beside them."""
BATCH_BYTES = 1 << 26
"""What they may take, whatever the file repeats: a value that a file holds once can stand in any
number of its rows."""
MODEST = 1 << 26
"""Bytes that a column of a row group may always hold; more only if the file has an `EXPANSION`th of
them, because encoded images barely shrink any further."""
EXPANSION = 200
LONGEST_TEXT = 4096
"""Bytes of a path or an id, as of a path in Linux."""


@contextmanager
def parquet_of(file: Path) -> Iterator[pq.ParquetFile]:
    """The Parquet file, open, and of a size that can be; what Arrow raises if it cannot be read
    becomes a `BadInput` that names it."""
    try:
        if file.exists() and not file.is_file():
            # Opening a pipe would wait for its writer.
            raise BadInput(f"{file} is not a regular file; remove it, or write the images there")
        # As bytes: names on the way may be no text.
        with pa.OSFile(os.fsencode(file)) as stream, pq.ParquetFile(stream) as found:
            _require_modest(file, stream.size(), found.metadata)
            yield found
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error).partition("\n")[0]
        raise BadInput(
            f"{file} cannot be read as Parquet ({reason}); write or fetch it again"
        ) from error


def _require_modest(file: Path, size: int, metadata: Any) -> None:
    """Raise `BadInput` if a file of `size` bytes would grow out of all measure as it is read. What
    its footer says is believed; it is read before anything else."""
    if metadata.num_rows > size:
        raise BadInput(f"{file} says that it holds {metadata.num_rows:,} rows in {size:,} bytes")
    for group in map(metadata.row_group, range(metadata.num_row_groups)):
        for column in map(group.column, range(group.num_columns)):
            small, large = column.total_compressed_size, column.total_uncompressed_size
            if large > max(MODEST, EXPANSION * min(small, size)):
                raise BadInput(
                    f"{file}: {column.path_in_schema} would grow from {small:,} bytes to "
                    f"{large:,}, as no images do; write it again without compression"
                )


def cells(
    parquet: pq.ParquetFile, group: int, column: str, part: str | None = None
) -> Iterator[Any]:
    """All cells of a column of a row group, or of the `part` of its structs, as Arrow arrays of few
    enough rows that `BATCH_BYTES` hold them even if all are the largest."""
    name = column if part is None else f"{column}.{part}"
    row_group = parquet.metadata.row_group(group)
    columns = map(row_group.column, range(row_group.num_columns))
    held = next(c.total_uncompressed_size for c in columns if c.path_in_schema == name)
    rows = min(max(BATCH_BYTES // max(held, 1), 1), BATCH)
    for batch in parquet.iter_batches(rows, row_groups=[group], columns=[name]):
        found = batch.column(0)
        yield found if part is None else pc.struct_field(found, part)


def texts(
    parquet: pq.ParquetFile, file: Path, column: str, part: str | None = None
) -> Iterator[str | None]:
    """The same of all row groups, of a column that holds text. Raises `BadInput` for a long one."""
    for group in range(parquet.num_row_groups):
        for found in cells(parquet, group, column, part):
            batch = found.cast(pa.large_string())
            # Measured before Python's copies are made: one long text may stand in every row.
            if (pc.max(pc.binary_length(batch)).as_py() or 0) > LONGEST_TEXT:
                raise BadInput(
                    f"{file}: {part or column} holds more than {LONGEST_TEXT:,} bytes in a row; "
                    "shorten it"
                )
            yield from batch.to_pylist()
