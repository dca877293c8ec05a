"""Which image each row of published noise belongs to, if its order is not that of the images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sem_ray.data.noise.importers.numpy_files import read_npy
from sem_ray.errors import BadInput

LONGEST_LINE = 4096
"""Bytes, as of an id that is a path."""
HEADER = 1 << 16
"""Bytes of an .npy file before its numbers, at most."""


def read_order(file: Path, ids: Sequence[str]) -> NDArray[np.int64]:
    """The row of the image of each row of the noise: int64 [N], every one of the N images once.

    file: text with a line for each row of the noise, the image's id or its row counted from 0; or
    an .npy file of such rows. Raises `BadInput` if it is not that.
    """
    _require_readable(file, len(ids))
    given = _numbers(file, len(ids)) if file.suffix.lower() == ".npy" else _lines(file)
    if len(given) != len(ids):
        raise BadInput(f"{file} orders {len(given):,} rows, and there are {len(ids):,} images")
    row_of = {name: row for row, name in enumerate(ids)}
    rows = [row_of.get(each, -1) for each in given]
    if set(rows) == {-1}:
        rows = [_row(each, len(ids)) for each in given]
    _require_each_once(file, given, rows)
    return np.array(rows, np.int64)


def _require_readable(file: Path, count: int) -> None:
    if not file.is_file():
        raise BadInput(f"cannot read the order {file}: there is no such file")
    if file.stat().st_size > count * LONGEST_LINE + HEADER:
        raise BadInput(f"{file} is larger than an order of {count:,} rows can be")


def _numbers(file: Path, count: int) -> list[str]:
    array = read_npy(file, count * 8)
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise BadInput(f"{file} holds {array.dtype} {list(array.shape)}, not a list of rows")
    return [str(row) for row in array.tolist()]


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"cannot read the order {file}: {error}") from error


def _row(text: str, count: int) -> int:
    """The row that is meant, or -1 if there is no such row."""
    plain = text.strip()
    known = plain.isascii() and plain.isdigit() and len(plain) < 12 and int(plain) < count
    return int(plain) if known else -1


def _require_each_once(file: Path, given: Sequence[str], rows: Sequence[int]) -> None:
    seen: set[int] = set()
    for line, (text, row) in enumerate(zip(given, rows, strict=True), start=1):
        if row < 0 or row in seen:
            problem = "names no image" if row < 0 else "names an image that an earlier line names"
            raise BadInput(
                f"{file}: line {line} {problem} ({ascii(text)[:80]}); give every image once, by "
                "its id or by its row counted from 0"
            )
        seen.add(row)
