"""Subsets are balanced, nested and the same for the same seed."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sem_ray.data.decode.form import Form
from sem_ray.data.image_set import Dataset, ImageSet
from sem_ray.data.resident import select_rows
from sem_ray.data.selection import Limit, balanced_rows
from sem_ray.data.sources.encoded_split import LoadOptions
from sem_ray.errors import BadInput

LABELS = st.lists(st.integers(0, 5), min_size=1, max_size=60).map(
    lambda labels: np.array(labels, np.int64)
)


@given(LABELS, st.integers(1, 70), st.integers(0, 3))
def test_counts_differ_by_one_except_where_a_class_is_exhausted(
    labels: NDArray[np.int64], limit: int, seed: int
) -> None:
    rows = balanced_rows(labels, limit, seed)
    assert len(rows) == min(limit, len(labels))
    assert rows.dtype == np.int64
    assert np.all(np.diff(rows) > 0)
    held, taken = (np.bincount(part, minlength=6) for part in (labels, labels[rows]))
    most = taken.max()
    assert np.all((taken >= most - 1) | (taken == held))


@given(LABELS, st.integers(1, 60), st.integers(1, 60))
def test_a_smaller_subset_is_part_of_a_larger(
    labels: NDArray[np.int64], one: int, other: int
) -> None:
    small, large = (balanced_rows(labels, limit, 0) for limit in sorted((one, other)))
    assert set(small.tolist()) <= set(large.tolist())


def test_rows_follow_from_the_seed_alone() -> None:
    labels = np.arange(200, dtype=np.int64) % 10
    assert balanced_rows(labels, 50, 1).tolist() == balanced_rows(labels, 50, 1).tolist()
    assert balanced_rows(labels, 50, 1).tolist() != balanced_rows(labels, 50, 2).tolist()


def test_short_classes_give_all_and_others_fill_up() -> None:
    labels = np.array([0] * 2 + [1] * 20 + [2] * 20, np.int64)
    assert np.bincount(labels[balanced_rows(labels, 20, 0)]).tolist() == [2, 9, 9]


def _images(count: int) -> ImageSet:
    return ImageSet(
        name="stripes",
        images=torch.arange(count, dtype=torch.uint8).view(-1, 1, 1, 1).repeat(1, 3, 2, 2),
        labels=torch.arange(count) % 4,
        classes=("a", "b", "c", "d"),
        ids=tuple(f"{row}" for row in range(count)),
    )


def _limited(whole: ImageSet, limit: Limit) -> ImageSet:
    return select_rows(Dataset(whole, None), LoadOptions(None, limit, limit, Form())).train


@settings(max_examples=20)
@given(st.integers(4, 39))
def test_a_subset_keeps_rows_together_and_says_so(size: int) -> None:
    whole = _images(40)
    part = _limited(whole, Limit(size, 7, "data.limit"))
    assert len(part) == size
    assert part.fingerprint.endswith(f"+limit={size},seed=7")
    rows = [int(name) for name in part.ids]
    assert torch.equal(part.images[:], whole.images[:][rows])
    assert torch.equal(part.labels, whole.labels[rows])


@pytest.mark.parametrize("size", [40, 41, None])
def test_a_limit_that_leaves_nothing_out_is_no_subset(size: int | None) -> None:
    whole = _images(40)
    part = _limited(whole, Limit(size, 0, "data.limit"))
    assert part.fingerprint == whole.fingerprint
    assert part.images is whole.images


def test_a_limit_below_the_number_of_classes_is_refused() -> None:
    with pytest.raises(BadInput, match=r"data\.test_limit=3 .* 4 classes of stripes; take 4"):
        _limited(_images(40), Limit(3, 0, "data.test_limit"))
