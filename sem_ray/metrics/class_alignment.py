"""Whether noise depends on the class of its image at all.

Noise that makes images unlearnable does, or a network could not take it for a shortcut. Noise whose
rows lie in another order than the images does not, which tells the two apart without training.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from sem_ray.data.selection import balanced_rows
from sem_ray.rng import numpy_generator

LARGEST = 32
"""Height and width; larger noise is averaged down to it, so that it fits in memory."""
ROWS = 6000
CHUNK = 256
SHUFFLES = 40
"""Random orders of the labels that the given one is held against."""
CLEAR = 6.0
"""What an order that has nothing to do with the noise reaches once in thousands of times."""


def class_alignment(noise: Tensor, labels: Tensor, *, seed: int = 0) -> float:
    """How many standard deviations the classes' mean noise lies further apart than it does under
    shuffled labels: about 0 if noise and labels have nothing to do with each other, else above
    `CLEAR`.

    noise: int8 [N, C, H, W]; labels: int64 [N]. At most `ROWS` rows take part, balanced and drawn
    from `seed`, as are the shuffles.
    """
    rows = torch.from_numpy(balanced_rows(labels.numpy(), ROWS, seed))
    values, (_, classes) = _centred(noise[rows]), torch.unique(labels[rows], return_inverse=True)
    draws = numpy_generator(seed, "class alignment")
    spreads = torch.tensor(
        [_spread(values, classes[draws.permutation(len(classes))]) for _ in range(SHUFFLES)],
        dtype=torch.float64,
    )
    above = _spread(values, classes) - float(spreads.mean())
    deviation = float(spreads.std())
    return above / deviation if deviation else 0.0


def _centred(noise: Tensor) -> Tensor:
    """float32 [n, D] without the mean over the rows."""
    height, width = (min(side, LARGEST) for side in noise.shape[-2:])
    parts = (noise[start : start + CHUNK].float() for start in range(0, len(noise), CHUNK))
    values = torch.cat([F.adaptive_avg_pool2d(part, (height, width)) for part in parts]).flatten(1)
    return values - values.mean(0)


def _spread(values: Tensor, classes: Tensor) -> float:
    """Squared length of the classes' means, each weighted with its number of rows."""
    counts = torch.bincount(classes)
    sums = torch.zeros(len(counts), values.shape[1]).index_add_(0, classes, values)
    return float((sums.square().sum(1).double() / counts).sum())
