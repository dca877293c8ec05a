"""What is left of noise after a filter that somebody may put on the images before training."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

Filter = Callable[[Tensor], Tensor]
"""uint8 [N, 3, H, W] to the same."""
LUMA = (19595, 38470, 7471)
"""Weights of red, green and blue in 1/65536 (ITU-R BT.601, as Pillow rounds them)."""


def left_by(keep: Filter, clean: Tensor, protected: Tensor) -> float:
    """Mean |keep(protected) - keep(clean)| as a share of mean |protected - clean|; 0 where the
    images do not differ. Both are uint8 [N, 3, H, W]."""
    before = _distance(protected, clean)
    return _distance(keep(protected), keep(clean)) / before if before else 0.0


def _distance(one: Tensor, other: Tensor) -> float:
    return float((one.to(torch.int16) - other).abs().double().mean())


def grey(images: Tensor) -> Tensor:
    """Three equal channels of the images' luma."""
    weights = torch.tensor(LUMA, dtype=torch.int32).view(1, 3, 1, 1)
    luma = (images.to(torch.int32) * weights).sum(1, keepdim=True).add_(1 << 15) >> 16
    return luma.to(torch.uint8).expand(-1, 3, -1, -1)


def jpeg(images: Tensor, quality: int = 10) -> Tensor:
    """The images written as JPEG of this quality and read again."""
    return torch.stack([_through_jpeg(image, quality) for image in images])


def _through_jpeg(image: Tensor, quality: int) -> Tensor:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(image.permute(1, 2, 0).contiguous().numpy()).save(
        buffer, "JPEG", quality=quality
    )
    with Image.open(buffer) as opened:
        return torch.from_numpy(np.asarray(opened).transpose(2, 0, 1).copy())
