"""A Parquet file cannot make its reader take much more than it holds, nor wait for a pipe."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sem_ray.data import load
from sem_ray.data.decode import parquet_file
from sem_ray.data.sources.parquet import ParquetSplit
from sem_ray.errors import BadInput
from sem_ray.spec import DataSpec
from tests.data.sources.hub_files import IMAGE, encoded, noise_pixels, write

MEGABYTE = 1 << 20
ROWS = 256
PNG = encoded(noise_pixels(1)[0])
LARGE = PNG + bytes(MEGABYTE // 4)
"""A small image with much behind its end, which decoders do not look at."""


@contextmanager
def arrow_memory() -> Iterator[pa.MemoryPool]:
    """Counts what Arrow takes within the block."""
    usual = pa.default_memory_pool()
    counted = pa.proxy_memory_pool(usual)
    pa.set_memory_pool(counted)
    try:
        yield counted
    finally:
        pa.set_memory_pool(usual)


def test_a_cell_that_a_file_repeats_is_expanded_a_few_rows_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_file, "BATCH_BYTES", 4 * MEGABYTE)
    file = write(tmp_path / "t.parquet", [LARGE] * ROWS, [0, 1] * (ROWS // 2), compression="zstd")
    assert file.stat().st_size < MEGABYTE / 16, "in the file it is there once, and squeezed"
    with arrow_memory() as memory:
        images = ParquetSplit.of("set", [file]).encoded(np.arange(ROWS))
        assert all(image.content == LARGE for image in images)
        assert memory.max_memory() < 12 * MEGABYTE, "all at once take 64 MB"
    assert len(load(DataSpec(source=str(file))).train) == ROWS


def test_a_path_that_a_file_repeats_is_not_copied_for_every_row(tmp_path: Path) -> None:
    paths = ["x" * (MEGABYTE // 16)] * ROWS
    file = write(tmp_path / "t.parquet", [PNG] * ROWS, [0, 1] * (ROWS // 2), paths=paths)
    with (
        arrow_memory() as memory,
        pytest.raises(BadInput, match="holds more than 4,096 bytes in a"),
    ):
        load(DataSpec(source=str(file)))
    assert memory.max_memory() < 50 * MEGABYTE


def test_a_column_that_grows_as_no_image_does_is_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_file, "MODEST", MEGABYTE)
    cells = [PNG + bytes([row]) * MEGABYTE for row in range(3)]
    file = write(tmp_path / "t.parquet", cells, [0, 1, 0], compression="zstd")
    with arrow_memory() as memory:
        with pytest.raises(BadInput, match=r"img\.bytes would grow from [\d,]+ bytes to 3,14"):
            load(DataSpec(source=str(file)))
        assert memory.max_memory() < MEGABYTE / 2


def test_more_rows_than_bytes(tmp_path: Path) -> None:
    count = 100_000
    cell = pa.array([{"bytes": PNG, "path": None}], IMAGE)
    cells = cell.take(pa.array(np.zeros(count, np.int64)))
    file = tmp_path / "t.parquet"
    pq.write_table(pa.table({"img": cells, "label": np.zeros(count, np.int64)}), file)
    with pytest.raises(BadInput, match=r"t\.parquet says that it holds 100,000 rows in [\d,]+ byt"):
        load(DataSpec(source=str(file)))


@pytest.mark.timeout(20)
def test_a_pipe_is_refused_and_nobody_waits_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "train.parquet")
    with pytest.raises(BadInput, match=r"train\.parquet is not a regular file; remove it"):
        load(DataSpec(source=str(tmp_path)))
