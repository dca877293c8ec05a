"""A contact sheet of noise: images, what was added, and what will be published."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from sem_ray.data import ImageSet, Noise, protected

COLUMNS = 10
GAP = 2
SMALLEST = 64
"""Pixels: smaller images are enlarged by a whole factor, so their pixels stay square."""


def contact_sheet(images: ImageSet, noise: Noise) -> Image.Image:
    """Three rows, a column a class: the image, its noise around mid-grey with the radius as full
    contrast, and the protected image. White lines between."""
    rows = _one_a_class(images)
    shielded = protected(images.take(rows, "preview"), noise).images[:]
    row_of = {name: row for row, name in enumerate(noise.ids)}
    values = noise.values[[row_of[images.ids[row]] for row in rows]].float()
    contrast = (values / noise.manifest.radius + 1) * 127.5
    sheet = [images.images[torch.as_tensor(rows)], contrast.to(torch.uint8), shielded]
    return _tiled([part.cpu() for part in sheet])


def _one_a_class(images: ImageSet) -> NDArray[np.int64]:
    """The first row of each of the first classes."""
    _, first = np.unique(images.labels.cpu().numpy(), return_index=True)
    return first[:COLUMNS].astype(np.int64)


def _tiled(parts: list[Tensor]) -> Image.Image:
    """uint8 [n, C, H, W] a row of the sheet."""
    factor = max(1, -(-SMALLEST // parts[0].shape[-2]))
    lines = []
    for part in parts:
        large = part.repeat_interleave(factor, 2).repeat_interleave(factor, 3)
        framed = F.pad(large, (GAP,) * 4, value=255)
        lines.append(torch.cat(list(framed), dim=2))
    sheet = torch.cat(lines, dim=1)
    return Image.fromarray(sheet.expand(3, -1, -1).permute(1, 2, 0).contiguous().numpy())
