"""An order of rows by ids or by numbers, each image once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sem_ray.data.noise.importers.row_order import read_order
from sem_ray.errors import BadInput

IDS = ("a.png", "b c.png", "d.png")


@pytest.mark.parametrize(
    "text", ["d.png\na.png\nb c.png\n", "2\n0\n1", " 2 \n0\n1\n"], ids=["ids", "rows", "spaces"]
)
def test_a_line_for_each_row_of_the_noise(tmp_path: Path, text: str) -> None:
    (tmp_path / "order.txt").write_text(text)
    assert read_order(tmp_path / "order.txt", IDS).tolist() == [2, 0, 1]


def test_rows_as_an_array(tmp_path: Path) -> None:
    np.save(tmp_path / "order.npy", np.array([1, 2, 0]))
    assert read_order(tmp_path / "order.npy", IDS).tolist() == [1, 2, 0]


def test_numbers_that_are_ids_are_ids(tmp_path: Path) -> None:
    (tmp_path / "order.txt").write_text("2\n1\n")
    assert read_order(tmp_path / "order.txt", ("1", "2")).tolist() == [1, 0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("0\n1\n", "orders 2 rows, and there are 3 images"),
        ("0\n1\n3\n", r"line 3 names no image \('3'\)"),
        ("0\n-1\n2\n", "line 2 names no image"),
        ("0\n1\n1\n", "line 3 names an image that an earlier line names"),
        ("a.png\n1\nd.png\n", r"line 2 names no image \('1'\)"),
        ("0\n1\n\x1b[2J\n", r"line 3 names no image \('\\x1b\[2J'\)"),
        ("0\n" * 200_000, "larger than an order of 3 rows"),
        ("\udcff", "cannot read the order"),
    ],
)
def test_what_is_no_order_is_refused(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "order.txt"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(BadInput, match=says):
        read_order(file, IDS)


@pytest.mark.parametrize("array", [np.zeros((3, 1), np.int64), np.zeros(3)])
def test_arrays_that_are_no_rows(tmp_path: Path, array: NDArray[Any]) -> None:
    np.save(tmp_path / "order.npy", array)
    with pytest.raises(BadInput, match="not a list of rows"):
        read_order(tmp_path / "order.npy", IDS)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"cannot read the order .*x\.txt: there is no such file"):
        read_order(tmp_path / "x.txt", IDS)
