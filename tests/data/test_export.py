"""Exported sets read back as what was written, by our own reader and by others' rules."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from sem_ray.data import ImageSet, load
from sem_ray.data.export import (
    BATCH,
    Format,
    Names,
    class_folders,
    exported_ids,
    safe,
    stem,
    write_images,
)
from sem_ray.errors import UNPRINTABLE
from sem_ray.progress import Progress, silent
from sem_ray.spec import DataSpec
from tests.samples import random_images

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12)


@st.composite
def any_set(draw: st.DrawFn) -> ImageSet:
    """Ids and classes of any text; at least two classes occur."""
    images = random_images(draw(st.integers(2, 8)), classes=2, size=4)
    ids = draw(st.lists(TEXT, min_size=len(images), max_size=len(images), unique=True))
    classes = draw(st.lists(TEXT, min_size=2, max_size=4, unique=True))
    return replace(images, ids=tuple(ids), classes=tuple(classes))


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(any_set())
def test_parquet_reads_back_with_the_same_ids_order_labels_and_pixels(
    tmp_path: Path, images: ImageSet
) -> None:
    write_images(tmp_path, images, "parquet", silent)
    found = load(DataSpec(source=str(tmp_path))).train
    assert torch.equal(found.labels, images.labels)
    assert torch.equal(found.images[:], images.images[:])
    assert found.ids == exported_ids(images.ids)
    if found.ids == images.ids and not any(map(UNPRINTABLE.search, images.classes)):
        assert found.fingerprint == images.fingerprint


@settings(deadline=None)
@given(any_set())
def test_folders_hold_every_image_under_its_class_and_the_list_keeps_the_order(
    tmp_path_factory: pytest.TempPathFactory, images: ImageSet
) -> None:
    folder = tmp_path_factory.mktemp("folders")
    write_images(folder, images, "imagefolder", silent)
    with (folder / "rows.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert tuple(row["id"] for row in rows) == exported_ids(images.ids)
    assert [int(row["label"]) for row in rows] == images.labels.tolist()
    assert not any(UNPRINTABLE.search(row["class"]) for row in rows)
    # Readers of such folders number the classes by their sorted names.
    names = sorted(file.name for file in folder.iterdir() if file.is_dir())
    assert len(names) == len(images.classes)
    for row, pixels in zip(rows, images.images[:], strict=True):
        assert names.index(row["file"].split("/")[0]) == int(row["label"])
        with Image.open(folder / row["file"]) as opened:
            assert (np.asarray(opened).transpose(2, 0, 1) == pixels.numpy()).all()
    assert len(list(folder.rglob("*.png"))) == len(images)


def test_more_images_than_a_batch_are_told_as_they_are_written(tmp_path: Path) -> None:
    images, heard = random_images(BATCH + 2, size=2), list[Progress]()
    write_images(tmp_path, images, "parquet", heard.append)
    assert [(p.done, p.total) for p in heard] == [(BATCH, BATCH + 2), (BATCH + 2, BATCH + 2)]
    found = load(DataSpec(source=str(tmp_path))).train
    assert torch.equal(found.images[:], images.images[:])
    assert torch.equal(found.labels, images.labels) and found.ids == images.ids


@pytest.mark.parametrize("form", ["parquet", "imagefolder"])
def test_grey_images_stay_grey(tmp_path: Path, form: Format) -> None:
    colour = random_images(4, classes=2)
    images = replace(colour, images=colour.images[:][:, :1])
    write_images(tmp_path, images, form, silent)
    found = load(DataSpec(source=str(tmp_path))).train
    assert found.shape == (1, *images.shape[1:])
    pairs = zip(found.digests, found.labels.tolist(), strict=True)
    assert set(pairs) == set(zip(images.digests, images.labels.tolist(), strict=True))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("train/cat/001.jpg", "train/cat/001.jpg"),
        ("../../etc/cron.d/x.png", "_/_/etc/cron.d/x.png"),
        ("..\\..\\x.png", "_/_/x.png"),
        ("/root/x.png", "root/x.png"),
        ("C:\\x.png", "_/x.png"),
        ("a\x1b[2J.png", "a_[2J.png"),
        ("gpj\u202e.png", "gpj_.png"),
        ("..", "_"),
    ],
)
def test_an_exported_id_is_a_path_inside_a_folder(name: str, expected: str) -> None:
    assert exported_ids([name]) == (expected,)


@given(st.lists(st.text("ab/._\x1b\\", min_size=1, max_size=6), max_size=8, unique=True))
def test_exported_ids_stay_distinct_and_only_those_that_must_change(ids: list[str]) -> None:
    found = exported_ids(ids)
    assert len(set(found)) == len(ids)
    assert exported_ids(found) == found
    assert not any(".." in re.split(r"[/\\]", name) for name in found)


@given(TEXT)
def test_a_safe_name_is_one_file_in_this_folder(text: str) -> None:
    name = safe(text)
    assert name and Path(name).name == name and not name.startswith(".")
    assert len(name.encode()) <= 150


@given(st.lists(st.sampled_from(["a", "A", "a-2", "b", "ß", "ss"]), max_size=12))
def test_names_are_told_apart_whatever_the_case(wanted: list[str]) -> None:
    names = Names()
    given_out = [names.unique(name).casefold() for name in wanted]
    assert len(set(given_out)) == len(wanted)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("train/cat/001.jpg", "001"),
        ("C:\\pictures\\x.PNG", "x"),
        ("../../etc/passwd", "passwd"),
        ("..", "_"),
        (".hidden", "hidden"),
        ("a:b*c?.webp", "a_b_c_"),
        ("0123abcd-2", "0123abcd-2"),
        ("x" * 400 + ".png", "x" * 150),
    ],
)
def test_a_files_name_is_its_ids_without_folders_and_suffix(name: str, expected: str) -> None:
    assert stem(name) == expected


def test_class_folders_sort_as_the_labels_do() -> None:
    assert class_folders(("ant", "bee")) == ("ant", "bee")
    assert class_folders(("dog", "cat")) == ("0-dog", "1-cat")
    assert class_folders(("a/b", "a:b")) == ("0-a_b", "1-a_b")
    assert class_folders(("a", "A")) == ("0-a", "1-A")
    assert class_folders([str(label) for label in range(12)])[10] == "10-10"
