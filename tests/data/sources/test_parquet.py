"""Reading the Hugging Face layout: splits, columns, ids, class names, subsets."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from sem_ray.data import Dataset, load
from sem_ray.data.decode.batch import decode_batch
from sem_ray.data.decode.image_file import Encoded
from sem_ray.data.pixels.hashing import ids_from_pixels
from sem_ray.data.selection import balanced_rows
from sem_ray.data.sources import encoded_split
from sem_ray.spec import DataSpec
from tests.data.sources.hub_files import description, encoded, noise_pixels, write, write_pngs


def _load(source: Path, **settings: Any) -> Dataset:
    return load(DataSpec(source=str(source), **settings))


def test_a_folder_gives_pixels_labels_ids_and_class_names(tmp_path: Path) -> None:
    write_pngs(tmp_path / "train-00000-of-00001.parquet", 8)
    write_pngs(tmp_path / "test-00000-of-00001.parquet", 4, first=8)
    data = _load(tmp_path)
    test = data.require_test()
    pixels = noise_pixels(12).transpose(0, 3, 1, 2)
    assert np.array_equal(data.train.images[:].numpy(), pixels[:8])
    assert np.array_equal(test.images[:].numpy(), pixels[8:])
    assert data.train.labels.tolist() == [0, 1] * 4
    assert data.train.ids == tuple(f"{row}.png" for row in range(8))
    assert data.train.classes == test.classes == ("cat", "dog")
    assert data.train.shape == (3, 6, 5)


def test_a_file_is_a_training_set_without_test(tmp_path: Path) -> None:
    assert _load(write_pngs(tmp_path / "mine.parquet")).test is None


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["test", "validation"], 2),
        (["validation", "val"], 2),
        (["val"], 2),
        (["other", "testing"], None),
    ],
)
def test_the_test_split_by_its_name(tmp_path: Path, names: list[str], expected: int | None) -> None:
    write_pngs(tmp_path / "train.parquet")
    for count, name in enumerate(names, start=2):
        write_pngs(tmp_path / f"{name}-0.parquet", count)
    test = _load(tmp_path).test
    assert (test and len(test)) == expected


def test_the_data_folder_of_the_hub_and_shards_in_order(tmp_path: Path) -> None:
    for shard in range(3):
        names = [f"{shard}/{row}" for row in range(4)]
        file = tmp_path / "data" / f"train-0000{shard}-of-00003-abc.parquet"
        write_pngs(file, 4, first=4 * shard, paths=names)
    train = _load(tmp_path).train
    assert train.ids == tuple(f"{shard}/{row}" for shard in range(3) for row in range(4))
    assert np.array_equal(train.images[:].numpy(), noise_pixels(12).transpose(0, 3, 1, 2))


@pytest.mark.parametrize(
    "paths",
    [[None] * 8, ["same.png"] * 8, [*(f"{r}.png" for r in range(7)), None], [""] * 8],
    ids=["absent", "repeated", "one absent", "empty"],
)
def test_ids_are_hashes_where_paths_do_not_tell_apart(
    tmp_path: Path, paths: list[str | None]
) -> None:
    train = _load(write_pngs(tmp_path / "train.parquet", paths=paths)).train
    assert train.ids == ids_from_pixels(train.digests)


def test_ids_that_repeat_across_shards_become_hashes(tmp_path: Path) -> None:
    for shard in range(2):
        write_pngs(tmp_path / f"train-{shard}.parquet", 4, first=4 * shard)
    train = _load(tmp_path).train
    assert train.ids == ids_from_pixels(train.digests)


def test_without_metadata_classes_are_numbers(tmp_path: Path) -> None:
    file = write_pngs(tmp_path / "t.parquet", 4, labels=[0, 3, 1, 1], classes=None)
    assert _load(file).train.classes == ("0", "1", "2", "3")


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"info": {"features": []}}', '{"info": {"features": {"label": 1}}}']
)
def test_metadata_that_says_nothing_is_no_metadata(tmp_path: Path, text: str) -> None:
    file = write_pngs(tmp_path / "t.parquet")
    table = pq.read_table(file).replace_schema_metadata({"huggingface": text})
    pq.write_table(table, file)
    assert _load(file).train.classes == ("0", "1")


def test_any_class_label_column_serves(tmp_path: Path) -> None:
    file = write_pngs(tmp_path / "t.parquet", label="animal")
    assert _load(file).train.classes == ("cat", "dog")


def test_fine_labels_win_over_coarse(tmp_path: Path) -> None:
    file = write_pngs(tmp_path / "t.parquet", label="fine_label")
    features = json.loads(description(("cat", "dog"), "fine_label"))
    features["info"]["features"]["coarse_label"] = {"_type": "ClassLabel", "names": ["pet"]}
    table = pq.read_table(file).append_column("coarse_label", pa.array([0] * 8))
    pq.write_table(table.replace_schema_metadata({"huggingface": json.dumps(features)}), file)
    assert _load(file).train.classes == ("cat", "dog")


def test_small_integers_are_labels_too(tmp_path: Path) -> None:
    file = write_pngs(tmp_path / "t.parquet")
    table = pq.read_table(file)
    pq.write_table(table.set_column(1, "label", table["label"].cast(pa.uint8())), file)
    assert _load(file).train.labels.tolist() == [0, 1] * 4


def test_only_the_images_of_a_subset_are_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def counted(images: Iterable[Encoded], total: int, *others: Any) -> NDArray[np.uint8]:
        listed = list(images)
        seen.extend(image.what for image in listed)
        return decode_batch(listed, total, *others)

    monkeypatch.setattr(encoded_split, "decode_batch", counted)
    file = write_pngs(tmp_path / "train.parquet", 600, row_group_size=70)
    whole = _load(file).train
    assert len(seen) == 600
    part = _load(file, limit=20).train
    assert len(seen) == 620
    rows = balanced_rows(whole.labels.numpy(), 20, 0)
    assert part.fingerprint == whole.take(rows, "limit=20,seed=0").fingerprint


def test_a_damaged_image_outside_the_subset_does_no_harm(tmp_path: Path) -> None:
    contents = [encoded(p) for p in noise_pixels(8)]
    labels = np.array([0, 1] * 4)
    left_out = set(range(8)) - set(balanced_rows(labels, 4, 0).tolist())
    contents[left_out.pop()] = b"damaged"
    assert len(_load(write(tmp_path / "t.parquet", contents, labels.tolist()), limit=4).train) == 4


def test_mixed_kinds_of_image_of_one_size(tmp_path: Path) -> None:
    pixels = noise_pixels(2)
    contents = [encoded(pixels[0][:, :, 0]), encoded(pixels[1])]
    train = _load(write(tmp_path / "t.parquet", contents, [0, 1])).train
    assert train.shape == (3, 6, 5)
    assert (train.images[:][0] == train.images[:][0, :1]).all()


def test_splits_of_which_one_is_grey_have_the_same_channels(tmp_path: Path) -> None:
    pixels = noise_pixels(4)
    grey = [encoded(each[:, :, 0]) for each in pixels]
    write(tmp_path / "train.parquet", grey, [0, 1] * 2, paths=[None] * 4)
    write(tmp_path / "test.parquet", grey, [0, 1] * 2)
    data = _load(tmp_path)
    assert data.train.shape == data.require_test().shape == (1, 6, 5)
    write_pngs(tmp_path / "test.parquet", 4)
    data = _load(tmp_path)
    assert data.train.shape == data.require_test().shape == (3, 6, 5)
    assert data.train.ids == ids_from_pixels(data.train.digests)
    assert data.train.fingerprint == _load(tmp_path, channels=3).train.fingerprint


def test_images_of_many_sizes_are_resized(tmp_path: Path) -> None:
    contents = [encoded(noise_pixels(1, 6 + row, 9)[0]) for row in range(4)]
    write(tmp_path / "train.parquet", contents, [0, 1] * 2)
    write(tmp_path / "test.parquet", contents[:2], [0, 1])
    data = _load(tmp_path, resize=5)
    assert data.train.shape == data.require_test().shape == (3, 5, 5)
    assert data.train.fingerprint != _load(tmp_path, resize=6).train.fingerprint
