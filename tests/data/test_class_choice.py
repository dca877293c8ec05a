"""The first classes by name, relabelled, before any limit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sem_ray.data import load
from sem_ray.data.class_choice import ClassChoice
from sem_ray.data.selection import Limit, chosen
from sem_ray.errors import BadInput
from sem_ray.spec import DataSpec
from tests.data.sources.hub_files import encoded, noise_pixels, write

NAMES = st.lists(st.text("abc1", min_size=1, max_size=3), min_size=2, max_size=8, unique=True)


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
