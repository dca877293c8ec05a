"""The sum of images and noise, which is what protected images are."""

from __future__ import annotations

import torch
from torch import Tensor

CHUNK = 1024
"""Images added to at a time: sums need 16 bits, and the whole set in 16 bits may not fit."""


def add_noise(images: Tensor, noise: Tensor) -> Tensor:
    """uint8 [N, C, H, W]: the sum of uint8 images and int8 noise in 1/255, clipped to [0, 255]."""
    result = torch.empty_like(images)
    for start in range(0, len(images), CHUNK):
        rows = slice(start, start + CHUNK)
        total = images[rows].to(torch.int16) + noise[rows].to(images.device)
        result[rows] = total.clamp_(0, 255).to(torch.uint8)
    return result
