"""The contact sheet shows every class it has room for, and says what it shows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from sem_ray.exhibits.preview import GAP, LINE, MARGIN, TALLEST, WIDEST, SheetLayout, contact_sheet
from tests.samples import made_noise, random_images

RADIUS = 8


def sheet_of(classes: int, size: int = 8, channels: int = 3) -> Image.Image:
    colour = random_images(classes, classes, size)
    images = replace(colour, images=colour.images[:][:, :channels])
    return contact_sheet(images, made_noise(images, torch.full(images.images.shape, RADIUS).char()))


def ink(sheet: Image.Image, box: tuple[int, int, int, int]) -> bool:
    """Whether anything is written in a box that is white else."""
    return bool((np.asarray(sheet.crop(box)) < 128).any())


@pytest.mark.parametrize("channels", [1, 3])
def test_three_rows_and_a_column_a_class_with_captions(channels: int) -> None:
    sheet, tile = sheet_of(3, channels=channels), 64 + GAP
    assert sheet.size == (MARGIN + 3 * tile, 2 * LINE + 3 * tile)
    middle = (MARGIN + tile // 2, LINE + tile + tile // 2)
    assert sheet.getpixel(middle) == (255, 255, 255), "noise at its radius is full contrast"
    for column in range(3):
        left = MARGIN + column * tile
        assert ink(sheet, (left, 0, left + tile, LINE)), "the class's name"
    for row in range(3):
        top = LINE + row * tile
        assert ink(sheet, (0, top, MARGIN, top + tile)), "what the row shows"
    assert ink(sheet, (MARGIN, sheet.height - LINE, sheet.width, sheet.height)), "how many classes"


def test_a_hundred_small_classes_are_all_there() -> None:
    layout = SheetLayout.of(32, 32, 100)
    assert layout.columns * layout.bands >= 100
    assert sheet_of(100, 32).size == layout.size


@pytest.mark.parametrize(
    ("height", "width", "classes"), [(32, 32, 5000), (224, 224, 1000), (28, 700, 12), (64, 20, 900)]
)
def test_a_sheet_is_never_larger_than_it_may_be(height: int, width: int, classes: int) -> None:
    sheet_width, sheet_height = SheetLayout.of(height, width, classes).size
    assert sheet_width <= WIDEST and sheet_height <= TALLEST


def test_two_large_photographs_are_shown_side_by_side() -> None:
    layout = SheetLayout.of(1000, 1200, 7)
    assert (layout.columns, layout.bands) == (2, 1)


def test_names_that_cannot_be_written_are_numbers_and_long_ones_are_cut() -> None:
    images = random_images(3, 3)
    names = ("a" * 300, "\x1b[2J\n", "蚂蚁")
    images = replace(images, classes=names)
    sheet = contact_sheet(images, made_noise(images, torch.zeros(images.images.shape).char()))
    left = MARGIN + 64
    assert not ink(sheet, (left, 0, left + GAP, LINE)), "a name stays above its column"
