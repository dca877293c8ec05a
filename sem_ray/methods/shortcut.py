"""Linearly separable patches (Yu et al. 2022, https://arxiv.org/abs/2111.00898): no surrogate and
no L∞ bound, only noise that tells the classes apart by itself.

A class is a vertex of a hypercube, ±separation in each of 16·C dimensions (48 for RGB). An image's
point is its class's vertex plus a standard normal draw through the class's own random matrix, as
scikit-learn's `make_classification` draws clusters. The point is laid out as 4×4 pixels of C
channels, each repeated to a patch, and scaled to an L2 norm of 6/255·√(C·H·W), 1.304 for 32×32 RGB.
Where 4 does not divide a side, patches differ by a pixel.

Rounding to int8 adds 1/12 to the mean square of 36, so norms are 0.1% too large on average, and a
single one is off by up to 2.5% (deviation 0.7% over 2,000 images): a patch is rounded as one.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sem_ray.distributed.shards import Split
from sem_ray.methods.base import (
    ALTERNATING,
    ATTACK,
    AUGMENTED_EM,
    TRAINING,
    Method,
    MethodContext,
    MethodRun,
    Stage,
)
from sem_ray.rng import numpy_generator
from sem_ray.spec import ExperimentSpec

Array = NDArray[np.float64]

SIDE = 4
"""Patches a side."""
LARGEST = 127


class Patches:
    """Each shard's noise from draws of its own, so it does not matter who holds it."""

    finished = False
    metrics: Mapping[str, float] = {}

    def __init__(self, context: MethodContext) -> None:
        self.context = context
        self.noise = context.blank()

    def advance(self, unit: int) -> Tensor | None:
        """All of one shard, where it lies here."""
        shards = self.context.shards
        if unit in shards.owned:
            here = shards.here(unit)
            points = self._points(unit, self.context.rows.labels[here].cpu().numpy())
            norm = self.context.spec.noise.shortcut.norm
            values = torch.from_numpy(patched(points, self.context.rows.shape, norm))
            whole = values.round().clamp_(-LARGEST, LARGEST)
            self.noise[here] = whole.to(torch.int8)
        return None

    def images(self, unit: int) -> int:
        shards = self.context.shards
        return shards.split.size(unit) if unit in shards.owned else 0

    def shared(self) -> Mapping[str, Tensor]:
        return {}

    def kept(self, done: int) -> Mapping[str, Tensor]:  # noqa: ARG002
        return {"noise": self.noise.values}

    def load(self, shared: Mapping[str, Tensor], kept: Mapping[str, Tensor]) -> None:  # noqa: ARG002
        self.noise.values.copy_(kept["noise"])

    def _points(self, shard: int, labels: NDArray[np.int64]) -> Array:
        spec, channels = self.context.spec, self.context.rows.shape[0]
        dimensions = SIDE * SIDE * channels
        settings = spec.noise.shortcut
        shared = numpy_generator(spec.seed, "shortcut", "classes")
        classes = self.context.rows.classes
        centres = vertices(shared, classes, dimensions) * settings.separation
        spreads = [shared.uniform(-1, 1, (dimensions, dimensions)) for _ in range(classes)]
        drawn = numpy_generator(spec.seed, "shortcut", "rows", shard)
        points: Array = drawn.standard_normal((len(labels), dimensions))
        for label in range(classes):
            own = labels == label
            points[own] = points[own] @ spreads[label] + centres[label]
        return points


def vertices(generator: np.random.Generator, classes: int, dimensions: int) -> Array:
    """[classes, dimensions] of ±1, no two alike."""
    while True:
        found = generator.integers(0, 2, (classes, dimensions))
        if len(np.unique(found, axis=0)) == classes:
            return (2 * found - 1).astype(np.float64)


def patched(points: Array, shape: tuple[int, int, int], norm: float) -> Array:
    """[n, C, H, W] in 1/255 from points [n, 16·C], each of L2 norm `norm`·√(C·H·W)."""
    channels, height, width = shape
    grids = points.reshape(-1, channels, SIDE, SIDE)
    down, across = np.arange(height) * SIDE // height, np.arange(width) * SIDE // width
    tiled: Array = grids[:, :, down][:, :, :, across]
    length = np.sqrt((tiled**2).sum((1, 2, 3), keepdims=True))
    scaled: Array = tiled * (norm * np.sqrt(channels * height * width) / length)
    return scaled


def _stages(spec: ExperimentSpec, split: Split) -> tuple[Stage, ...]:  # noqa: ARG001
    return (Stage("noise", split.count, "shards"),)


def _begin(context: MethodContext) -> MethodRun:
    return Patches(context)


SHORTCUT = Method(
    "shortcut",
    _stages,
    _begin,
    ignores=("noise.radius", AUGMENTED_EM, *ALTERNATING, *ATTACK, *TRAINING),
    bounded=False,
)
