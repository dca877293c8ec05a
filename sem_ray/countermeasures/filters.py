"""Filters that may be put on images before training."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

Filter = Callable[[Tensor], Tensor]
"""uint8 [N, C, H, W], C 1 or 3, to the same."""
LUMA = (19595, 38470, 7471)
"""Weights of red, green and blue in 1/65536 (ITU-R BT.601, as Pillow rounds them)."""


def grey(images: Tensor) -> Tensor:
    """Three equal channels of the images' luma; images of one channel are grey already."""
    if images.shape[1] == 1:
        return images
    weights = torch.tensor(LUMA, dtype=torch.int32).view(1, 3, 1, 1)
    luma = (images.to(torch.int32) * weights).sum(1, keepdim=True).add_(1 << 15) >> 16
    return luma.to(torch.uint8).expand(-1, 3, -1, -1)


def jpeg(images: Tensor, quality: int = 10) -> Tensor:
    """The images written as JPEG of this quality and read again."""
    return torch.stack([_through_jpeg(image, quality) for image in images])


def _through_jpeg(image: Tensor, quality: int) -> Tensor:
    from PIL import Image

    buffer = io.BytesIO()
    # Pillow takes a grey image as [H, W], and gives it back so.
    pixels = image[0] if len(image) == 1 else image.permute(1, 2, 0).contiguous()
    Image.fromarray(pixels.numpy()).save(buffer, "JPEG", quality=quality)
    with Image.open(buffer) as opened:
        found = np.asarray(opened)
    found = found[None] if found.ndim == 2 else found.transpose(2, 0, 1)
    return torch.from_numpy(found.copy())
