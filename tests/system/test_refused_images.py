"""Images that cannot be worked with: one clear line, exit 2, and nothing written."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sem_ray.data import read_noise
from tests.data.sources.folder_files import write_images
from tests.data.sources.hub_files import encoded, noise_pixels, write, write_pngs
from tests.data.sources.make_cifar import archived, cifar_contents, write_cifar
from tests.system.conftest import Command
from tests.system.program import refused, settings

PNGS = [encoded(pixels) for pixels in noise_pixels(4)]
LARGER = encoded(noise_pixels(1, height=9)[0])
TORN = PNGS[2][: len(PNGS[2]) // 2]


def _text(file: Path) -> Path:
    pq.write_table(pa.table({"text": ["a", "b"], "label": [0, 1]}), file)
    return file


def _unlabelled(file: Path) -> Path:
    images = [{"bytes": content, "path": None} for content in PNGS]
    pq.write_table(pa.table({"image": images}), file)
    return file


def _folder(file: Path) -> Path:
    file.mkdir()
    return file


def _prose(file: Path) -> Path:
    file.write_text("these are no images")
    return file


def _photographs(folder: Path, name: str, content: bytes) -> Path:
    (write_images(folder) / "ants" / name).write_bytes(content)
    return folder


def _empty_class(folder: Path) -> Path:
    (write_images(folder) / "wasps").mkdir()
    return folder


def _torn_cifar(folder: Path) -> Path:
    contents = cifar_contents()
    return write_cifar(folder, {**contents, "test_batch.bin": contents["test_batch.bin"][:-1]})


def _pickled_cifar(folder: Path) -> Path:
    return archived(folder.with_suffix(".tar.gz"), {"data_batch_1": b"x"}, "cifar-10-batches-py")


def _pipe(file: Path) -> Path:
    os.mkfifo(file)
    return file


def _circle(folder: Path) -> Path:
    (write_images(folder) / "ants" / "l.png").symlink_to("l.png")
    return folder


Faulty = tuple[Callable[[Path], Path | str], str]
FAULTY: dict[str, Faulty] = {
    "nothing there": (lambda file: file, "no image set '.*set.parquet'.*no such file or folder"),
    "a misspelt name": (lambda _: "digit", r"no image set 'digit' \(did you mean digits\?\)"),
    "no name": (lambda _: "", "the data's name is empty"),
    "blanks": (lambda _: "  ", "the data's name is empty"),
    "a pipe": (_pipe, "set.parquet is neither a file nor a folder; name the images"),
    "a link to itself": (_circle, "ants/l.png is not a file that can be read; replace or remove"),
    "an empty folder": (_folder, "no images in .*set.parquet; name a folder"),
    "no Parquet": (_prose, "set.parquet cannot be read as Parquet"),
    "no image column": (_text, "set.parquet has no image column .* found text"),
    "no label column": (_unlabelled, "set.parquet has no label column .* found image"),
    "no rows": (lambda file: write(file, [], []), "holds no images"),
    "a corrupt image": (
        lambda file: write(file, [*PNGS[:2], b"no image", PNGS[3]], [0, 1, 0, 1]),
        r"image 2\.png \(row 2 of .*set.parquet\) is not a readable image",
    ),
    "a torn image": (
        lambda file: write(file, [*PNGS[:2], TORN, PNGS[3]], [0, 1, 0, 1]),
        r"image 2\.png \(row 2 of .*set.parquet\) is not a readable image",
    ),
    "mixed sizes": (
        lambda file: write(file, [*PNGS[:3], LARGER], [0, 1, 0, 1]),
        r"images differ in size: image 0\.png .* is 5×6 and image 3\.png .* is 5×9",
    ),
    "a label outside the classes": (
        lambda file: write(file, PNGS, [0, 1, 2, 1]),
        r"image 2\.png .* has label 2, but there are 2 classes",
    ),
    "a negative label": (
        lambda file: write(file, PNGS, [0, 1, -1, 1]),
        r"image 2\.png .* has label -1, but there are 2 classes",
    ),
    "photographs of mixed sizes": (
        lambda folder: _photographs(folder, "x.png", LARGER),
        r"images differ in size: .*0\.png is 5×6 and .*x\.png is 5×9 .*--set data\.resize=224",
    ),
    "a damaged photograph": (
        lambda folder: _photographs(folder, "0.png", TORN),
        r"ants/0\.png is not a readable image",
    ),
    "something else among photographs": (
        lambda folder: _photographs(folder, "0.txt", b"text"),
        r"ants/0\.txt is not of a known kind of image",
    ),
    "a class without photographs": (_empty_class, "the class folder .*wasps holds no images"),
    "a torn batch of CIFAR": (_torn_cifar, r"test_batch\.bin has .* no whole number of records"),
    "pickled CIFAR": (_pickled_cifar, "a pickle.*give the binary version, cifar-10-binary.tar.gz"),
    "one class only": (lambda file: write(file, PNGS, [1, 1, 1, 1]), "holds one class only"),
}


@pytest.mark.parametrize("fault", FAULTY)
@pytest.mark.parametrize("verb", [["protect", "--out", "out"], ["evaluate"]], ids=lambda v: v[0])
def test_images_that_cannot_be_used_are_named(
    here: Path, command: Command, tree: Callable[[], set[str]], verb: list[str], fault: str
) -> None:
    make, message = FAULTY[fault]
    data = make(here / "set.parquet")
    before = tree()
    line = refused(command(*verb, data, *settings()))
    assert re.search(message, line), line
    assert tree() - before <= {"store"}


def test_a_limit_below_the_number_of_classes_is_refused(command: Command) -> None:
    line = refused(command("protect", "digits", "--limit", "9", "--out", "out"))
    assert "data.limit=9 is fewer images than the 10 classes" in line


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("data.classes=11", "data.classes=11 is more than the 10 classes of digits"),
        ("data.classes=1", "data.classes: Input should be greater than or equal to 2"),
        ("data.channels=2", "data.channels: 1 is grey and 3 is RGB, got 2"),
        ("data.channels=true", "data.channels: expected a number"),
        ("data.resize=0", "data.resize: Input should be greater than or equal to 1"),
        ("data.resize=9999999", "9999999×9999999 do not fit in memory"),
    ],
)
def test_forms_that_cannot_be_had_are_refused(command: Command, setting: str, message: str) -> None:
    line = refused(command("protect", "digits", "--set", setting, "--out", "out"))
    assert message in line


def test_photographs_of_many_sizes_are_protected_as_they_are_resized(
    here: Path, command: Command
) -> None:
    _photographs(write_images(here / "set" / "train"), "x.png", LARGER)
    write_images(here / "set" / "val", 1)
    assert command("protect", "set", *settings(data__resize=8), "--out", "out").code == 0
    assert command("evaluate", "set", "--noise", "out", "--radius", "0").code == 0
    line = refused(command("evaluate", "set", "--noise", "out", "--set", "data.resize=9"))
    assert "have another size" in line


def test_grey_images_are_protected_as_grey_ones(here: Path, command: Command) -> None:
    grey = [encoded(pixels[:, :, 0]) for pixels in noise_pixels(8)]
    for split in ("train", "test"):
        write(here / "set" / f"{split}.parquet", grey, [0, 1] * 4)
    assert command("protect", "set", *settings(), "--out", "out").code == 0
    assert read_noise(here / "out").values.shape == (8, 1, 6, 5)
    assert command("evaluate", "set", "--noise", "out", "--radius", "0").code == 0


def test_images_without_a_test_split_can_be_protected_and_not_evaluated(
    here: Path, command: Command, store: Path
) -> None:
    images = write_pngs(here / "set.parquet")
    assert command("protect", images, *settings(), "--out", "out").code == 0
    line = refused(command("evaluate", images, "--noise", "out"))
    assert "has no test images to measure accuracy on" in line
    assert not (store / "victim").exists()
