"""From an array of other code to int8 noise [N, C, H, W] in 1/255."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sem_ray.errors import BadInput
from sem_ray.spec.base import PIXEL_STEPS

Layout = Literal["nchw", "nhwc"]
LARGEST = 127
"""1/255; what int8 holds on both sides."""
CHUNK = 1024
EXACT = 0.05
"""Half a step of float16 at a change of 127/255, in 1/255: nearer to whole steps than that,
nothing was lost."""


@dataclass(frozen=True)
class Converted:
    """values: int8 [N, C, H, W] in 1/255; moved: how far rounding moved a value at most, and on
    average, in 1/255."""

    values: Tensor
    moved: float
    mean_moved: float

    @property
    def exact(self) -> bool:
        """Whether the values were whole steps of 1/255 but for the number format."""
        return self.moved <= EXACT


def converted(
    array: NDArray[Any], images: tuple[int, int, int, int], layout: Layout | None, place: str
) -> Converted:
    """`array` as noise for images [N, C, H, W].

    Signed whole numbers are in 1/255. Floats are changes of pixels in [0, 1], so they lie in
    [-1, 1], and are rounded to whole steps. Raises `BadInput`, which begins with `place`, where
    the shape is another, or the values are not finite, unsigned, or too large for int8.
    """
    rows = _in_nchw(array, images, layout, place)
    scale = _scale(rows, place)
    values = np.empty(images, np.int8)
    moved, total = 0.0, 0.0
    for start in range(0, len(rows), CHUNK):
        steps = rows[start : start + CHUNK].astype(np.float64) * scale
        whole = np.rint(steps)
        away = np.abs(steps - whole)
        moved, total = max(moved, float(away.max())), total + float(away.sum())
        values[start : start + CHUNK] = whole
    return Converted(torch.from_numpy(values), moved, total / values.size)


def _in_nchw(
    array: NDArray[Any], images: tuple[int, int, int, int], layout: Layout | None, place: str
) -> NDArray[Any]:
    count, channels, height, width = images
    shapes: dict[Layout, tuple[int, ...]] = {
        "nchw": images,
        "nhwc": (count, height, width, channels),
    }
    wanted = shapes if layout is None else {layout: shapes[layout]}
    fits = [name for name, shape in wanted.items() if array.shape == shape]
    if not fits:
        expected = " or ".join(f"{list(shape)} ({name})" for name, shape in wanted.items())
        raise BadInput(
            f"{place} holds {list(array.shape)}, and noise for the {count:,} images is {expected}; "
            "give the images it was made for, all of them in their order"
        )
    if len(fits) == 2:
        raise BadInput(f"{place}: {list(array.shape)} can be both layouts; name one with --layout")
    return array if fits[0] == "nchw" else array.transpose(0, 3, 1, 2)


def _scale(rows: NDArray[Any], place: str) -> int:
    """What the values are multiplied by to be in 1/255."""
    if rows.dtype.kind not in "if":
        raise BadInput(
            f"{place} holds {rows.dtype}, and noise has a sign; save it as int8 in 1/255 or as "
            "floats in units of [0, 1]"
        )
    largest = max(float(rows.max()), -float(rows.min()))
    if not np.isfinite(largest):
        row = int(np.flatnonzero(~np.isfinite(rows).all(axis=(1, 2, 3)))[0])
        raise BadInput(f"{place}: the noise of row {row} is not finite (NaN or infinite)")
    scale = PIXEL_STEPS if rows.dtype.kind == "f" else 1
    if scale > 1 and largest > 1:
        raise BadInput(
            f"{place} holds floats up to {largest:g}; they must be in units of [0, 1], so divide "
            "by 255, or save whole 1/255 as int8"
        )
    if np.rint(largest * scale) > LARGEST:
        raise BadInput(
            f"{place} changes a pixel by {largest * scale:g}/255, and noise is kept within "
            f"{LARGEST}/255"
        )
    return scale
