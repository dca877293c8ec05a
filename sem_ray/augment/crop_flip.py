"""Random crop of the zero-padded image and a random flip, as one gather; so is the adjoint.

Cropping at offset o after padding by p and pulling a gradient back are mirror images: the adjoint
crops the zero-padded gradient at 2p − o (at o along a flipped axis).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from sem_ray.rng import Stream
from sem_ray.spec import CropFlip


@dataclass(frozen=True)
class CropFlipViews:
    """Offsets int64 [n, J] in {0, …, 2p} and flips bool [n, J] of J views of n images."""

    top: Tensor
    left: Tensor
    flip: Tensor
    padding: int

    @classmethod
    def draw(cls, spec: CropFlip, stream: Stream, samples: int) -> CropFlipViews:
        places = 2 * spec.padding + 1
        top = stream.integers(places, samples)
        left = stream.integers(places, samples)
        flip = stream.integers(2, samples).bool() if spec.flip else torch.zeros_like(top).bool()
        return cls(top, left, flip, spec.padding)

    def apply(self, images: Tensor) -> Tensor:
        index = self._index(images, self.top, self.left)
        return self._gathered(images[:, None], index).flatten(0, 1)

    def adjoint(self, gradient: Tensor) -> Tensor:
        rows, samples = self.top.shape
        opposite = 2 * self.padding
        left = torch.where(self.flip, self.left, opposite - self.left)
        index = self._index(gradient, opposite - self.top, left)
        views = gradient.view(rows, samples, *gradient.shape[1:])
        return self._gathered(views, index).sum(1)

    def _index(self, images: Tensor, top: Tensor, left: Tensor) -> Tensor:
        """int64 [n, J, H·W]: where each output pixel lies in the flattened padded image."""
        height, width = images.shape[-2:]
        down = torch.arange(height, device=top.device)
        across = torch.arange(width, device=top.device)
        across = torch.where(self.flip[..., None], width - 1 - across, across)
        line = (top[..., None] + down) * (width + 2 * self.padding)
        return (line[..., :, None] + (left[..., None] + across)[..., None, :]).flatten(2)

    def _gathered(self, images: Tensor, index: Tensor) -> Tensor:
        """[n, 1 or J, C, H, W] gathered at [n, J, H·W] to [n, J, C, H, W]."""
        rows, samples, _ = index.shape
        channels, height, width = images.shape[-3:]
        padded = F.pad(images, (self.padding,) * 4).flatten(3)
        shape = (rows, samples, channels, -1)
        picked = padded.expand(*shape).gather(3, index[:, :, None].expand(*shape))
        return picked.view(rows, samples, channels, height, width)
