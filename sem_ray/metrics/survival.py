"""The share of the noise that is left after a filter is applied to the images."""

from __future__ import annotations

import torch
from torch import Tensor

from sem_ray.countermeasures import Filter


def left_by(keep: Filter, clean: Tensor, protected: Tensor) -> float:
    """The share of the noise itself that is left once both image sets went through a filter: the
    projection of keep(protected) - keep(clean) on protected - clean, in shares of the latter.

    Between 0 and 1. Distortion that the filter adds at random does not count: it lies across the
    noise. 0 if the images do not differ. Both are uint8 [N, C, H, W].
    """
    noise = protected.to(torch.int16) - clean
    left = keep(protected).to(torch.int16) - keep(clean)
    length = float(noise.double().square().sum())
    share = float((left.double() * noise.double()).sum()) / length if length else 0.0
    return min(max(share, 0.0), 1.0)
