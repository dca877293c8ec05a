"""Folders of image files: splits, classes, ids, and every fault in one line."""

from __future__ import annotations

import os
import re
import shutil
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sem_ray.data import Dataset, load
from sem_ray.errors import BadInput
from sem_ray.spec import DataSpec
from tests.data.decode.png_header import png_header
from tests.data.sources.folder_files import write_images
from tests.data.sources.hub_files import encoded, noise_pixels, write_pngs


def _load(source: Path, **settings: Any) -> Dataset:
    return load(DataSpec(source=str(source), **settings))


def test_splits_pixels_labels_and_ids(tmp_path: Path) -> None:
    write_images(tmp_path / "train", 3)
    write_images(tmp_path / "val", 2, first=6)
    data = _load(tmp_path)
    test = data.require_test()
    pixels = noise_pixels(10).transpose(0, 3, 1, 2)
    assert np.array_equal(data.train.images[:].numpy(), pixels[:6])
    assert np.array_equal(test.images[:].numpy(), pixels[6:])
    assert data.train.labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert test.labels.tolist() == [0, 0, 1, 1]
    assert data.train.classes == test.classes == ("ants", "bees")
    assert data.train.ids == tuple(f"{kind}/{n}.png" for kind in ("ants", "bees") for n in range(3))


def test_noise_for_a_split_alone_is_noise_for_it_in_its_set(tmp_path: Path) -> None:
    write_images(tmp_path / "photos" / "train")
    write_images(tmp_path / "photos" / "test")
    alone = _load(tmp_path / "photos" / "train")
    assert alone.test is None
    assert alone.train.fingerprint == _load(tmp_path / "photos").train.fingerprint
    (tmp_path / "photos").rename(tmp_path / "moved")
    assert alone.train.fingerprint == _load(tmp_path / "moved").train.fingerprint


def test_test_wins_over_val_and_other_folders_are_passed_over(tmp_path: Path) -> None:
    write_images(tmp_path / "train")
    write_images(tmp_path / "val", 3)
    write_images(tmp_path / "test", 2)
    write_images(tmp_path / "unlabelled")
    (tmp_path / "README.md").write_text("hello")
    assert len(_load(tmp_path).require_test()) == 4


def test_a_class_that_the_test_split_lacks_and_its_own_order(tmp_path: Path) -> None:
    write_images(tmp_path / "train")
    write_images(tmp_path / "val")
    shutil.rmtree(tmp_path / "val" / "ants")
    assert _load(tmp_path).require_test().labels.tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("kind", "extension"),
    [
        *[("PNG", ".png"), ("PNG", ".PNG"), ("JPEG", ".jpg"), ("JPEG", ".JPEG"), ("GIF", ".gif")],
        *[("WEBP", ".webp"), ("BMP", ".bmp"), ("PPM", ".ppm"), ("TIFF", ".tif"), ("PNG", ".jpg")],
    ],
)
def test_kinds_of_file(kind: str, extension: str, tmp_path: Path) -> None:
    write_images(tmp_path, 1)
    (tmp_path / "ants" / f"x{extension}").write_bytes(encoded(noise_pixels(1)[0], kind))
    assert len(_load(tmp_path).train) == 3


def test_what_systems_leave_behind_is_no_image(tmp_path: Path) -> None:
    write_images(tmp_path)
    before = _load(tmp_path).train.fingerprint
    for place in (tmp_path, tmp_path / "ants"):
        for name in (".DS_Store", "Thumbs.db", "._0.png", "desktop.ini"):
            (place / name).write_text("clutter")
        (place / ".ipynb_checkpoints").mkdir()
    assert _load(tmp_path).train.fingerprint == before


def test_names_of_any_script_in_either_form_of_unicode(tmp_path: Path) -> None:
    fingerprints = set()
    for form in ("NFC", "NFD"):
        for kind, count in (("été", 1), ("蜂\u202f🐝", 2)):
            folder = tmp_path / form / unicodedata.normalize(form, kind)
            folder.mkdir(parents=True)
            for pixels in noise_pixels(count):
                name = unicodedata.normalize(form, "żółw 1.png")
                (folder / name).write_bytes(encoded(pixels))
        train = _load(tmp_path / form).train
        assert train.classes == ("été", "蜂\u202f🐝")
        assert train.ids == ("été/żółw 1.png", "蜂\u202f🐝/żółw 1.png")
        fingerprints.add(train.fingerprint)
    assert len(fingerprints) == 1


def test_classes_limits_and_sizes_hold_for_folders(tmp_path: Path) -> None:
    write_images(tmp_path, 5, size=9)
    write_images(tmp_path / "more", 5)
    (tmp_path / "more" / "ants").rename(tmp_path / "aphids")
    shutil.rmtree(tmp_path / "more")
    with pytest.raises(BadInput, match=r"images differ in size: .*data\.resize=224"):
        _load(tmp_path)
    train = _load(tmp_path, classes=2, limit=6, resize=4, channels=1).train
    assert train.classes == ("ants", "aphids")
    assert train.images.shape == (6, 1, 4, 4)
    assert train.fingerprint.endswith("+classes=2,limit=6,seed=0")


def test_only_the_images_of_a_subset_are_opened(tmp_path: Path) -> None:
    write_images(tmp_path, 4)
    kept = {*_load(tmp_path, limit=4).train.ids}
    for kind in ("ants", "bees"):
        for file in (tmp_path / kind).iterdir():
            if f"{kind}/{file.name}" not in kept:
                file.write_bytes(b"damaged")
    assert {*_load(tmp_path, limit=4).train.ids} == kept


def test_a_folder_of_parquet_is_parquet_whatever_else_it_holds(tmp_path: Path) -> None:
    write_pngs(tmp_path / "data" / "train.parquet", 4)
    (tmp_path / "images").mkdir()
    (tmp_path / "cifar-10-batches-py").mkdir()
    (tmp_path / "cifar-10-batches-py" / "batches.meta").touch()
    assert _load(tmp_path).train.ids[0] == "0.png"


def _add(folder: Path, name: str, content: bytes) -> None:
    (folder / "ants" / name).write_bytes(content)


def _empty_class(folder: Path) -> None:
    (folder / "wasps").mkdir()


def _only_clutter(folder: Path) -> None:
    _empty_class(folder)
    (folder / "wasps" / ".DS_Store").touch()


def _no_folders(folder: Path) -> None:
    shutil.rmtree(folder / "ants")
    shutil.rmtree(folder / "bees")
    (folder / "readme.txt").touch()


def _empty_split(folder: Path) -> None:
    (folder / "train").mkdir()


def _one_class(folder: Path) -> None:
    shutil.rmtree(folder / "bees")


def _no_training(folder: Path) -> None:
    (folder / "ants").rename(folder / "val")


def _other_test_class(folder: Path) -> None:
    write_images(folder / "train")
    write_images(folder / "val")
    (folder / "val" / "bees").rename(folder / "val" / "wasps")


def _nested(folder: Path) -> None:
    write_images(folder / "ants" / "more")


def _outside(folder: Path) -> None:
    shutil.copy(folder / "ants" / "0.png", folder / "stray.PNG")


def _pipe(folder: Path) -> None:
    os.mkfifo(folder / "ants" / "9.png")


def _broken_link(folder: Path) -> None:
    (folder / "ants" / "9.png").symlink_to(folder / "nowhere.png")


def _two_forms(folder: Path) -> None:
    for form in ("NFC", "NFD"):
        (folder / unicodedata.normalize(form, "é")).mkdir()


def _name_of_no_text(folder: Path) -> None:
    (folder / "ants" / os.fsdecode(b"\xff.png")).touch()


def _name_of_two_lines(folder: Path) -> None:
    (folder / "ants\nbees").mkdir()


def _name_that_reads_backwards(folder: Path) -> None:
    write_images(folder)
    (folder / "ants" / "0.png").rename(folder / "ants" / "a\u202egpj.png")


def _name_with_an_escape_code(folder: Path) -> None:
    write_images(folder)
    (folder / "ants").rename(folder / "ants\x9b2J")


def _large(folder: Path) -> None:
    _add(folder, "big.png", encoded(np.zeros((1, 30_000, 3), np.uint8)))


FAULTS: dict[str, tuple[Callable[[Path], None], str]] = {
    "empty class": (_empty_class, "the class folder {folder}/wasps holds no images"),
    "only clutter": (_only_clutter, "the class folder {folder}/wasps holds no images"),
    "no folders": (_no_folders, "no images in {folder}; name a folder"),
    "empty split": (_empty_split, "{folder}/train holds no class folders"),
    "one class": (_one_class, "{folder} holds one class only"),
    "no training": (_no_training, "{folder} holds val/ and no train/; name the folder with both"),
    "test class": (_other_test_class, "{folder}/val/wasps is no class of {folder}/train"),
    "nested": (_nested, "{folder}/ants/more is a folder within a class"),
    "outside": (_outside, "{folder}/stray.PNG lies outside a class folder"),
    "pipe": (_pipe, "{folder}/ants/9.png is not a file that can be read"),
    "link": (_broken_link, "{folder}/ants/9.png is not a file that can be read"),
    "two forms": (_two_forms, "{folder} holds é twice, in two forms of Unicode"),
    "no text": (_name_of_no_text, r"{folder}/ants holds the name '\\udcff.png', which is no"),
    "backwards": (
        _name_that_reads_backwards,
        r"{folder}/ants holds the name 'a\\u202egpj.png', whi",
    ),
    "escape code": (
        _name_with_an_escape_code,
        r"{folder} holds the name 'ants\\x9b2J', which is no",
    ),
    "two lines": (_name_of_two_lines, r"{folder} holds the name 'ants\\nbees', which is no"),
    "text": (
        lambda folder: _add(folder, "list.csv", b"a,b"),
        "{folder}/ants/list.csv is not of a known kind of image",
    ),
    "parquet below": (
        lambda folder: _add(folder, "train-0.parquet", b"x"),
        "{folder}/ants/train-0.parquet is Parquet and no image; name {folder}/ants itself",
    ),
    "unknown": (
        lambda folder: _add(folder, "x.HEIC", b"x"),
        "{folder}/ants/x.HEIC is not of a known kind of image",
    ),
    "no extension": (
        lambda folder: _add(folder, "x", b"x"),
        "{folder}/ants/x is not of a known kind of image",
    ),
    "unreadable": (
        lambda folder: _add(folder, "1.png", b"no image"),
        r"image {folder}/ants/1.png is not a readable image \(unknown format\)",
    ),
    "empty file": (
        lambda folder: _add(folder, "1.png", b""),
        "image {folder}/ants/1.png is not a readable image",
    ),
    "bomb": (
        lambda folder: _add(folder, "1.png", png_header(30_000, 30_000)),
        "image {folder}/ants/1.png has more than 64 megapixels",
    ),
    "wide": (_large, r"images differ in size: .*big\.png is 30000×1 .*data\.resize"),
    "deep": (
        lambda folder: _add(folder, "1.png", encoded(np.zeros((6, 5), np.uint16))),
        "image {folder}/ants/1.png has more than 8 bits a channel",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_fault_is_named(fault: str, tmp_path: Path) -> None:
    spoil, says = FAULTS[fault]
    spoil(write_images(tmp_path))
    with pytest.raises(
        BadInput, match=says.replace("{folder}", re.escape(str(tmp_path)))
    ) as caught:
        _load(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_wide_image_can_be_resized(tmp_path: Path) -> None:
    _large(write_images(tmp_path))
    assert _load(tmp_path, resize=4).train.shape == (3, 4, 4)
