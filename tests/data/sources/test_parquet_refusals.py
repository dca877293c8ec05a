"""Every fault in a Parquet image set is one line that names the thing and the place."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sem_ray.data import load
from sem_ray.errors import BadInput
from sem_ray.spec import DataSpec
from tests.data.sources.hub_files import encoded, noise_pixels, write, write_pngs

PNGS = [encoded(pixels) for pixels in noise_pixels(8)]
HALVES = [0, 1] * 4


def _table(folder: Path, **columns: pa.Array) -> None:
    pq.write_table(pa.table(columns), folder / "train.parquet")


def _nothing(folder: Path) -> None:
    (folder / "readme.md").write_text("hello")


def _no_train(folder: Path) -> None:
    write_pngs(folder / "mine.parquet")


def _missing_shard(folder: Path) -> None:
    write_pngs(folder / "train-00000-of-00002.parquet")


def _text_file(folder: Path) -> None:
    (folder / "train.parquet").write_text("hello")


def _empty_file(folder: Path) -> None:
    (folder / "train.parquet").touch()


def _truncated_file(folder: Path) -> None:
    file = write_pngs(folder / "train.parquet")
    file.write_bytes(file.read_bytes()[:-100])


def _damaged_pages(folder: Path) -> None:
    file = write_pngs(folder / "train.parquet", 100)
    content = bytearray(file.read_bytes())
    content[4 : len(content) // 2] = b"\xff" * (len(content) // 2 - 4)
    file.write_bytes(content)


def _no_rows(folder: Path) -> None:
    write(folder / "train.parquet", [], [])


def _no_test_rows(folder: Path) -> None:
    write_pngs(folder / "train.parquet")
    write(folder / "test.parquet", [], [])


def _no_image_column(folder: Path) -> None:
    _table(folder, x=pa.array([1.5]), label=pa.array([0]))


def _two_image_columns(folder: Path) -> None:
    images = pa.array([{"bytes": PNGS[0], "path": "a"}])
    _table(folder, left=images, right=images, label=pa.array([0]))


def _pixels_as_lists(folder: Path) -> None:
    _table(folder, img=pa.array([{"bytes": [1, 2], "path": "a"}]), label=pa.array([0]))


def _no_label_column(folder: Path) -> None:
    _table(folder, img=pa.array([{"bytes": PNGS[0], "path": "a"}]), breed=pa.array([0]))


def _labels_as_text(folder: Path) -> None:
    _table(folder, img=pa.array([{"bytes": PNGS[0], "path": "a"}]), label=pa.array(["cat"]))


def _null_bytes(folder: Path) -> None:
    write(folder / "train.parquet", [*PNGS[:5], None, *PNGS[6:]], HALVES)


def _only_null_bytes(folder: Path) -> None:
    images = pa.array([{"bytes": None, "path": "a.png"}, {"bytes": None, "path": "b.png"}])
    _table(folder, img=images, label=pa.array([0, 1]))


def _null_images(folder: Path) -> None:
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    images = pa.array([{"bytes": PNGS[0], "path": "a"}, None], kind)
    _table(folder, img=images, label=pa.array([0, 1]))


def _damaged_image(folder: Path) -> None:
    write(folder / "train.parquet", [*PNGS[:5], PNGS[5][:50], *PNGS[6:]], HALVES, row_group_size=2)


def _damaged_image_without_path(folder: Path) -> None:
    write(folder / "train.parquet", [*PNGS[:7], b"x"], HALVES, paths=[None] * 8)


def _mixed_sizes(folder: Path) -> None:
    other = encoded(noise_pixels(1, 7, 9)[0])
    write(folder / "train.parquet", [*PNGS[:3], other, *PNGS[4:]], HALVES)


def _splits_of_two_sizes(folder: Path) -> None:
    write_pngs(folder / "train.parquet")
    write(folder / "test.parquet", [encoded(p) for p in noise_pixels(2, 7, 9)], [0, 1])


def _splits_of_two_classes(folder: Path) -> None:
    write_pngs(folder / "train.parquet")
    write_pngs(folder / "test.parquet", classes=("dog", "cat"))


def _null_label(folder: Path) -> None:
    write(folder / "train.parquet", PNGS, [0, 1, 0, None, 0, 1, 0, 1])


def _label_too_large(folder: Path) -> None:
    write(folder / "train.parquet", PNGS, [0, 1, 2, 1, 0, 1, 0, 1])


def _negative_label(folder: Path) -> None:
    write(folder / "train.parquet", PNGS, [0, 1, -1, 1, 0, 1, 0, 1], classes=None)


def _astronomic_label(folder: Path) -> None:
    write(folder / "train.parquet", PNGS, [10**12, *HALVES[1:]], classes=None)


def _unlabelled_test(folder: Path) -> None:
    write_pngs(folder / "train.parquet")
    write(folder / "test.parquet", PNGS, [-1] * 8)


def _one_class(folder: Path) -> None:
    write(folder / "train.parquet", PNGS, [1] * 8)


FAULTS: dict[Callable[[Path], None], str] = {
    _nothing: r"no images in {folder}; name a folder that holds train",
    _no_train: r"no train-\*\.parquet in {folder}, which holds mine\.parquet",
    _missing_shard: r"holds 1 train files where train-00000-of-00002\.parquet counts 2",
    _text_file: r"{folder}/train\.parquet cannot be read as Parquet",
    _empty_file: r"{folder}/train\.parquet cannot be read as Parquet",
    _truncated_file: r"{folder}/train\.parquet cannot be read as Parquet",
    _damaged_pages: r"{folder}/train\.parquet cannot be read as Parquet",
    _no_rows: r"{folder} holds no images",
    _no_test_rows: r"{folder} \(test\) holds no images",
    _no_image_column: r"has no image column .* found x: double, label: int64",
    _two_image_columns: r"has 2 image columns .*left.*right",
    _pixels_as_lists: r"has no image column",
    _no_label_column: r"has no label column .* found img: struct.*, breed: int64",
    _labels_as_text: r"column label is string",
    _null_bytes: r"image 5\.png \(row 5 of {folder}/train\.parquet\) has no bytes",
    _only_null_bytes: r"image a\.png \(row 0 of .* has no bytes",
    _null_images: r"image in row 1 of {folder}/train\.parquet has no bytes",
    _damaged_image: r"image 5\.png \(row 5 of {folder}/train\.parquet\) is not a readable image",
    _damaged_image_without_path: r"image in row 7 of {folder}/train\.parquet is not a readable",
    _mixed_sizes: r"image 0\.png .* is 5×6 and image 3\.png .* is 9×7 .*data\.resize=224",
    _splits_of_two_sizes: r"training images of 5×6 and test images of 9×7 .*data\.resize=224",
    _splits_of_two_classes: r"train\.parquet and .*test\.parquet name different classes",
    _null_label: r"row 3 of {folder}/train\.parquet has no label",
    _label_too_large: r"image 2\.png .* has label 2, but there are 2 classes",
    _negative_label: r"image 2\.png .* has label -1",
    _astronomic_label: r"labels go up to 1,000,000,000,000",
    _unlabelled_test: r"\(test\): image 0\.png .* has label -1",
    _one_class: r"{folder} holds one class only",
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__.strip("_"))
def test_the_fault_is_named(fault: Callable[[Path], None], tmp_path: Path) -> None:
    fault(tmp_path)
    says = FAULTS[fault].replace("{folder}", re.escape(str(tmp_path)))
    with pytest.raises(BadInput, match=says) as caught:
        load(DataSpec(source=str(tmp_path)))
    assert "\n" not in str(caught.value)


def test_a_bad_test_limit_is_found_before_anything_is_decoded(tmp_path: Path) -> None:
    write(tmp_path / "train.parquet", [b"damaged"] * 8, HALVES)
    write_pngs(tmp_path / "test.parquet")
    with pytest.raises(BadInput, match=r"data\.test_limit=1 is fewer images than the 2 classes"):
        load(DataSpec(source=str(tmp_path), test_limit=1))
