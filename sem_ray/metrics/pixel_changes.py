"""What noise does to the pixels of the images it is put on, once sums are clipped."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from sem_ray.data import add_noise
from sem_ray.data.pixels.prefetch import Pixels

CHUNK = 1024


@dataclass(frozen=True, eq=False)
class Changes:
    """Figures over all values (pixels × channels), in 1/255 where they are changes.

    nominal: mean |noise|; effective: mean |protected - clean|; largest: the largest of the
    latter; cut: the share of values, 0 to 1, at which clipping took some of the noise;
    unchanged: bool [N], images of which no pixel changes; flat: bool [N], protected images of one
    colour, black ones among them.
    """

    nominal: float
    effective: float
    largest: int
    cut: float
    unchanged: Tensor
    flat: Tensor


def changes(images: Pixels, noise: Tensor) -> Changes:
    """The changes that int8 noise [N, C, H, W] in 1/255 makes to uint8 images of that shape."""
    nominal = effective = cut = largest = 0
    unchanged, flat = [], []
    for start in range(0, len(images), CHUNK):
        clean, added = images[start : start + CHUNK], noise[start : start + CHUNK]
        shielded = add_noise(clean, added)
        change = shielded.to(torch.int16) - clean
        nominal += int(added.to(torch.int16).abs().sum())
        effective += int(change.abs().sum())
        largest = max(largest, int(change.abs().max()))
        cut += int((change != added).sum())
        unchanged.append((change == 0).flatten(1).all(1))
        pixels = shielded.flatten(2)
        flat.append((pixels == pixels[:, :, :1]).flatten(1).all(1))
    total = images.numel()
    return Changes(
        nominal=nominal / total,
        effective=effective / total,
        largest=largest,
        cut=cut / total,
        unchanged=torch.cat(unchanged),
        flat=torch.cat(flat),
    )
