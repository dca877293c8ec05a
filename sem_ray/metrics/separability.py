"""How well one linear layer tells the classes apart by the noise alone.

Noise of many methods is a shortcut because it is linearly separable by class ("Availability
attacks create shortcuts", KDD'22): a network learns it before it learns the images.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from sem_ray.data.selection import balanced_rows
from sem_ray.rng import numpy_generator

LARGEST = 32
"""Height and width; larger noise is averaged down to it, so that the layer stays small."""
FITTED = 2 / 3
"""Share of the rows that the layer is fitted to; with fewer rows than values it can fit anything,
and only the others tell whether it found the classes."""
ROUNDS = 100


@dataclass(frozen=True)
class Separability:
    """Accuracies in %: of the rows that were fitted, of others, and of the commonest class."""

    fitted: float
    others: float
    chance: float
    rows: int
    """Rows fitted and tested together."""


def separability(noise: Tensor, labels: Tensor, *, rows: int = 6000, seed: int = 0) -> Separability:
    """A linear layer without decay, fitted by LBFGS to noise scaled from ±max to [0, 1].

    noise: int8 [N, C, H, W]; labels: int64 [N]. At most `rows` rows take part, balanced and drawn
    from `seed`, as is which of them are fitted.
    """
    chosen = balanced_rows(labels.numpy(), rows, seed)
    order = torch.from_numpy(numpy_generator(seed, "separability").permutation(chosen))
    _, targets = torch.unique(labels[order], return_inverse=True)
    inputs = _scaled(noise[order])
    split = max(1, round(FITTED * len(order)))
    layer = _fit(inputs[:split], targets[:split], int(targets.max()) + 1)
    right = (layer(inputs).argmax(1) == targets).double() * 100
    return Separability(
        fitted=float(right[:split].mean()),
        others=float(right[split:].mean()) if split < len(order) else 0.0,
        chance=100 * float(np.bincount(targets).max()) / len(order),
        rows=len(order),
    )


def _scaled(noise: Tensor) -> Tensor:
    """float32 [n, D] in [0, 1]."""
    values = noise.float()
    if max(values.shape[-2:]) > LARGEST:
        height, width = (min(side, LARGEST) for side in values.shape[-2:])
        values = F.adaptive_avg_pool2d(values, (height, width))
    largest = values.abs().max().clamp_min(1e-6)
    return (values / largest + 1).div_(2).flatten(1)


def _fit(inputs: Tensor, targets: Tensor, classes: int) -> torch.nn.Linear:
    layer = torch.nn.Linear(inputs.shape[1], classes)
    torch.nn.init.zeros_(layer.weight)
    torch.nn.init.zeros_(layer.bias)
    search = torch.optim.LBFGS(layer.parameters(), max_iter=ROUNDS, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        search.zero_grad()
        value = F.cross_entropy(layer(inputs), targets)
        value.backward()  # type: ignore[no-untyped-call]
        return value

    search.step(loss)  # type: ignore[no-untyped-call]
    return layer.requires_grad_(False)
