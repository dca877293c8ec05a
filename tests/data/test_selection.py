"""The first classes by name, relabelled; then subsets, balanced, nested and the same for a seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sem_ray.data import load
from sem_ray.data.decode.form import Form
from sem_ray.data.image_set import Dataset, ImageSet
from sem_ray.data.selection import ClassChoice, Limit, balanced_rows, chosen
from sem_ray.data.sources.encoded_split import LoadOptions, select_rows
from sem_ray.errors import BadInput
from sem_ray.spec import DataSpec
from tests.data.sources.hub_files import encoded, noise_pixels, write

NAMES = st.lists(st.text("abc1", min_size=1, max_size=3), min_size=2, max_size=8, unique=True)
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


@given(NAMES, st.data())
def test_every_row_that_is_kept_keeps_its_class_name(names: list[str], data: st.DataObject) -> None:
    count = data.draw(st.integers(2, len(names)))
    drawn = st.lists(st.integers(0, len(names) - 1), max_size=30)
    labels = np.array([*range(len(names)), *data.draw(drawn)], np.int64)
    choice = ClassChoice.first("set", names, count)
    part = chosen("set", labels, choice, Limit(None, 0, "data.limit"))
    assert choice.names == tuple(sorted(names)[:count])
    assert [names[label] for label in labels[part.rows]] == [choice.names[n] for n in part.labels]
    left_out = np.setdiff1d(np.arange(len(labels)), part.rows)
    assert not {names[label] for label in labels[left_out]} & set(choice.names)


def test_all_classes_are_taken_as_they_are() -> None:
    choice = ClassChoice.first("set", ["b", "a"], None)
    assert choice.names == ("b", "a")
    assert (choice.position.tolist(), choice.note) == ([0, 1], "")


def test_the_first_classes_of_the_digits_with_a_limit_after() -> None:
    data = load(DataSpec(classes=3, limit=30, test_limit=6))
    assert data.train.classes == ("0", "1", "2")
    assert np.bincount(data.train.labels).tolist() == [10] * 3
    assert np.bincount(data.require_test().labels).tolist() == [2] * 3
    assert data.train.fingerprint.endswith("+classes=3,limit=30,seed=0")
    whole = load(DataSpec())
    label_of = dict(zip(whole.train.ids, whole.train.labels.tolist(), strict=True))
    assert [label_of[name] for name in data.train.ids] == data.train.labels.tolist()


def test_the_first_classes_of_parquet_and_only_their_images_are_decoded(tmp_path: Path) -> None:
    contents = [encoded(pixels) for pixels in noise_pixels(6)]
    contents[0] = b"damaged, of a class that is left out"
    file = tmp_path / "t.parquet"
    write(file, contents, [0, 1, 2] * 2, classes=("zebra", "cat", "ant"), paths=[None] * 6)
    with pytest.raises(BadInput, match="not a readable image"):
        load(DataSpec(source=str(file)))
    train = load(DataSpec(source=str(file), classes=2)).train
    assert train.classes == ("ant", "cat")
    assert train.labels.tolist() == [1, 0, 1, 0]
    expected = noise_pixels(6)[[1, 2, 4, 5]].transpose(0, 3, 1, 2)
    assert np.array_equal(train.images[:].numpy(), expected)
    assert train.fingerprint.endswith("+classes=2")


def test_more_classes_than_there_are() -> None:
    with pytest.raises(BadInput, match=r"data\.classes=11 is more than the 10 classes of digits"):
        load(DataSpec(classes=11))


def test_classes_without_images(tmp_path: Path) -> None:
    file = tmp_path / "train.parquet"
    pngs = [encoded(pixels) for pixels in noise_pixels(4)]
    write(file, pngs, [2, 3, 2, 3], classes=("a", "b", "c", "d"))
    with pytest.raises(BadInput, match="holds no images of its first 2 classes"):
        load(DataSpec(source=str(file), classes=2))
    with pytest.raises(BadInput, match=r"one class only among its first 3; raise data\.classes"):
        load(DataSpec(source=str(file), classes=3))
