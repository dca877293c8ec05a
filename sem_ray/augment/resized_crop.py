"""Random area and aspect ratio, resized bilinearly with antialiasing: two small matrices a view.

Resampling is separable and linear, so a view is V · image · Hᵀ, with V [size, height] and
H [size, width] rows of triangle weights; its adjoint is Vᵀ · gradient · H. A flip reverses the rows
of H.
The draw follows torchvision's RandomResizedCrop: ten candidates, the first that fits, else the
largest centred crop within the ratio's bounds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from sem_ray.rng import Stream
from sem_ray.spec import ResizedCrop

CANDIDATES = 10


@dataclass(frozen=True)
class ResizedCropViews:
    """Resampling weights [n·J, size, H] and [n·J, size, W] of J views of n images."""

    vertical: Tensor
    horizontal: Tensor
    samples: int

    @classmethod
    def draw(
        cls, spec: ResizedCrop, stream: Stream, samples: int, images: Tensor
    ) -> ResizedCropViews:
        height, width = images.shape[-2:]
        top, left, tall, wide = draw_boxes(spec, stream, samples, height, width)
        vertical = resampling(top, tall, height, spec.size)
        horizontal = resampling(left, wide, width, spec.size)
        if spec.flip:
            flip = stream.integers(2, samples).bool().flatten()
            horizontal = torch.where(flip[:, None, None], horizontal.flip(1), horizontal)
        return cls(vertical.to(images.dtype), horizontal.to(images.dtype), samples)

    def apply(self, images: Tensor) -> Tensor:
        views = images.repeat_interleave(self.samples, 0)
        return self.vertical[:, None] @ views @ self.horizontal[:, None].mT

    def adjoint(self, gradient: Tensor) -> Tensor:
        pulled = self.vertical[:, None].mT @ gradient @ self.horizontal[:, None]
        return pulled.view(-1, self.samples, *pulled.shape[1:]).sum(1)


def draw_boxes(
    spec: ResizedCrop, stream: Stream, samples: int, height: int, width: int
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Top, left, height, width of n·J boxes, whole pixels as float32."""
    shape = (samples, CANDIDATES)
    area = stream.uniform(*spec.scale, *shape) * (height * width)
    low, high = (math.log(bound) for bound in spec.ratio)
    ratio = stream.uniform(low, high, *shape).exp()
    wide, tall = (area * ratio).sqrt().round(), (area / ratio).sqrt().round()
    fits = (wide >= 1) & (wide <= width) & (tall >= 1) & (tall <= height)
    first = fits.int().argmax(-1, keepdim=True)
    centred_tall, centred_wide = _largest_centred(spec.ratio, height, width)
    found = fits.any(-1)
    tall = torch.where(found, tall.gather(-1, first)[..., 0], centred_tall)
    wide = torch.where(found, wide.gather(-1, first)[..., 0], centred_wide)
    top = (stream.uniform(0, 1, samples) * (height - tall + 1)).floor()
    left = (stream.uniform(0, 1, samples) * (width - wide + 1)).floor()
    top = torch.where(found, top, ((height - tall) / 2).floor())
    left = torch.where(found, left, ((width - wide) / 2).floor())
    return top.flatten(), left.flatten(), tall.flatten(), wide.flatten()


def resampling(start: Tensor, length: Tensor, source: int, size: int) -> Tensor:
    """Weights [boxes, size, source] that resize [start, start + length) to `size` samples.

    A triangle filter as wide as the reduction (plain bilinear where the box is enlarged),
    normalised over the pixels inside the box.
    """
    scale = (length / size)[:, None, None]
    pixel = torch.arange(source, device=start.device)[None, None] + 0.5
    centre = (torch.arange(size, device=start.device)[None, :, None] + 0.5) * scale
    begin = start[:, None, None]
    distance = (pixel - begin - centre).abs() / scale.clamp(min=1)
    inside = (pixel > begin) & (pixel < begin + length[:, None, None])
    weights = (1 - distance).clamp(min=0) * inside
    return weights / weights.sum(-1, keepdim=True)


def resized(images: Tensor, size: int) -> Tensor:
    """Whole images [n, C, H, W] resized to [n, C, size, size]."""
    height, width = images.shape[-2:]
    if (height, width) == (size, size):
        return images
    vertical, horizontal = (
        resampling(start, torch.full_like(start, length), length, size).to(images.dtype)
        for length in (height, width)
        for start in (torch.zeros(1, device=images.device),)
    )
    return vertical @ images @ horizontal.mT


def _largest_centred(ratio: tuple[float, float], height: int, width: int) -> tuple[float, float]:
    """Height and width of the largest crop whose width / height lies within `ratio`."""
    low, high = ratio
    if width / height < low:
        return float(round(width / low)), float(width)
    if width / height > high:
        return float(height), float(round(height * high))
    return float(height), float(width)
