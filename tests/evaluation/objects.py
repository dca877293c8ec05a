"""Grey objects on a black background, as photographed on a turntable, small."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from sem_ray.data import ImageSet

CLASSES, SIDE = 4, 16


def object_pixels(count: int, seed: int = 0) -> NDArray[np.uint8]:
    """uint8 [count, H, W]: row i shows object i % `CLASSES`, a bright patch with a darker side."""
    rng = np.random.default_rng(seed)
    images = np.zeros((count, SIDE, SIDE), np.uint8)
    for row, image in enumerate(images):
        label = row % CLASSES
        top, left = 2 + 6 * (label // 2) + rng.integers(2), 2 + 6 * (label % 2) + rng.integers(2)
        image[top : top + 5, left : left + 5] = rng.integers(150, 230)
        image[top : top + 5, left + 3] = rng.integers(40, 90)
    return images


def objects(count: int, split: str = "train", seed: int = 0) -> ImageSet:
    pixels = object_pixels(count, seed)
    return ImageSet(
        name=split,
        images=torch.from_numpy(pixels[:, None]),
        labels=torch.arange(count) % CLASSES,
        classes=tuple(f"obj{label}" for label in range(CLASSES)),
        ids=tuple(f"{split}/{row}.png" for row in range(count)),
    )
