"""Images that cannot be worked with: one clear line, exit 2, and nothing written."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.data.hub_files import encoded, noise_pixels, write, write_pngs
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


Faulty = tuple[Callable[[Path], Path | str], str]
FAULTY: dict[str, Faulty] = {
    "nothing there": (lambda file: file, "no image set '.*set.parquet'.*no such file or folder"),
    "a misspelt name": (lambda _: "digit", r"no image set 'digit' \(did you mean digits\?\)"),
    "no name": (lambda _: "", "the data's name is empty"),
    "blanks": (lambda _: "  ", "the data's name is empty"),
    "an empty folder": (_folder, "no Parquet files in .*set.parquet"),
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


def test_images_without_a_test_split_can_be_protected_and_not_evaluated(
    here: Path, command: Command, store: Path
) -> None:
    images = write_pngs(here / "set.parquet")
    assert command("protect", images, *settings(), "--out", "out").code == 0
    line = refused(command("evaluate", images, "--noise", "out"))
    assert "has no test images to measure accuracy on" in line
    assert not (store / "victim").exists()
