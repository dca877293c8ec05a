"""A contact sheet of noise: images, what was added, and what will be published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from sem_ray.data import ImageSet, Noise, protected

GAP = 2
SMALLEST = 64
"""Pixels of the longer side: smaller images are enlarged by a whole factor, so that their pixels
stay square."""
WIDEST, TALLEST = 1600, 3200
"""Pixels of a sheet, unless two classes alone take more; of more classes a part is shown."""
TEXT = 12
"""Pixels of a letter's height."""
LINE = TEXT + 6
MARGIN = 84
"""Pixels on the left, for the captions of the rows."""
STEPS = 127.5
"""How far a pixel value is from the middle at full contrast."""


@dataclass(frozen=True)
class SheetLayout:
    """Bands of `columns` classes, below each other: a line of class names, then three rows of
    tiles, which are images enlarged by `factor`."""

    height: int
    width: int
    factor: int
    columns: int
    bands: int

    @classmethod
    def of(cls, height: int, width: int, classes: int) -> SheetLayout:
        """For images of height × width pixels; room for all classes if they fit."""
        factor = max(1, -(-SMALLEST // max(height, width)))
        blank = cls(height, width, factor, 1, 1)
        columns = min(classes, max(2, (WIDEST - MARGIN) // blank.tile_width))
        bands = min(-(-classes // columns), max(1, (TALLEST - LINE) // blank.band))
        return cls(height, width, factor, columns, bands)

    @property
    def tile_height(self) -> int:
        return self.height * self.factor + GAP

    @property
    def tile_width(self) -> int:
        return self.width * self.factor + GAP

    @property
    def band(self) -> int:
        """Height of a band in pixels."""
        return LINE + 3 * self.tile_height

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the sheet in pixels; the last line says what is not shown."""
        return MARGIN + self.columns * self.tile_width, self.bands * self.band + LINE

    def corner(self, index: int) -> tuple[int, int]:
        """(left, top) of class number `index` on the sheet."""
        band, column = divmod(index, self.columns)
        return MARGIN + column * self.tile_width, band * self.band


def contact_sheet(images: ImageSet, noise: Noise) -> Image.Image:
    """A column a class, of one image: as it is, its noise around mid-grey with the radius as full
    contrast, and protected. Captions say so; if classes are too many, some are shown evenly."""
    first = _first_rows(images)
    layout = SheetLayout.of(*images.shape[1:], classes=len(first))
    shown = min(len(first), layout.columns * layout.bands)
    rows = first[np.linspace(0, len(first) - 1, shown).round().astype(np.int64)]
    names = [
        _caption(images.classes, row) for row in images.labels[torch.from_numpy(rows)].tolist()
    ]
    radius = noise.manifest.radius
    captions = ("image", f"noise x{STEPS / radius:.0f}", "protected")
    sheet = Image.fromarray(_tiled(_parts(images, noise, rows), layout))
    _write_captions(ImageDraw.Draw(sheet), layout, names, captions)
    _write(
        ImageDraw.Draw(sheet),
        (MARGIN, layout.size[1] - LINE),
        f"{shown:,} of {len(first):,} classes, one image each; noise of radius {radius:g}/255",
        layout.size[0] - MARGIN,
    )
    return sheet


def _first_rows(images: ImageSet) -> NDArray[np.int64]:
    """The first row of each class that has images."""
    _, first = np.unique(images.labels.cpu().numpy(), return_index=True)
    return first.astype(np.int64)


def _caption(classes: Sequence[str], label: int) -> str:
    """The class's name, or its number if Pillow's own font lacks its letters."""
    name = classes[label]
    return name if name.isascii() and name.isprintable() else f"class {label}"


def _parts(images: ImageSet, noise: Noise, rows: NDArray[np.int64]) -> NDArray[np.uint8]:
    """uint8 [3, n, H, W, 1 or 3]: images, their noise, and both together."""
    row_of = {name: row for row, name in enumerate(noise.ids)}
    values = noise.values[[row_of[images.ids[row]] for row in rows]].float()
    contrast = (values / noise.manifest.radius + 1) * STEPS
    shielded = protected(images.take(rows, "preview"), noise).images[:]
    clean = images.images[torch.from_numpy(rows)]
    parts = torch.stack([part.cpu() for part in (clean, contrast.to(torch.uint8), shielded)])
    return parts.permute(0, 1, 3, 4, 2).numpy()


def _tiled(parts: NDArray[np.uint8], layout: SheetLayout) -> NDArray[np.uint8]:
    """The sheet without captions: uint8 [H, W, 3]."""
    width, height = layout.size
    sheet = np.full((height, width, 3), 255, np.uint8)
    large = parts.repeat(layout.factor, 2).repeat(layout.factor, 3)
    for index in range(parts.shape[1]):
        left, top = layout.corner(index)
        for row in range(3):
            tile, start = large[row, index], top + LINE + row * layout.tile_height
            sheet[start : start + tile.shape[0], left : left + tile.shape[1]] = tile
    return sheet


def _write_captions(
    draw: ImageDraw.ImageDraw, layout: SheetLayout, names: list[str], rows: tuple[str, ...]
) -> None:
    for index, name in enumerate(names):
        _write(draw, layout.corner(index), name, layout.tile_width - GAP)
    for band in range(-(-len(names) // layout.columns)):
        top = band * layout.band + LINE
        for row, caption in enumerate(rows):
            middle = top + row * layout.tile_height + (layout.tile_height - LINE) // 2
            _write(draw, (GAP, middle), caption, MARGIN - 2 * GAP)


def _write(draw: ImageDraw.ImageDraw, corner: tuple[int, int], text: str, width: int) -> None:
    """One line in black, cut to `width` pixels."""
    font = ImageFont.load_default(TEXT)
    kept = len(text)
    while kept > 1 and draw.textlength(_cut(text, kept), font) > width:
        kept -= 1
    draw.text((corner[0], corner[1] + 1), _cut(text, kept), fill=0, font=font)


def _cut(text: str, kept: int) -> str:
    return text if kept == len(text) else f"{text[:kept]}.."
