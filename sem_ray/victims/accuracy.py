"""How often a network names clean test images rightly."""

from __future__ import annotations

import torch

from sem_ray.augment import test_view
from sem_ray.data.image_set import ImageSet
from sem_ray.devices import pixels
from sem_ray.networks import FrozenTwin
from sem_ray.spec import ExperimentSpec

BATCH = 500


def accuracy(network: FrozenTwin, images: ImageSet, spec: ExperimentSpec) -> float:
    """% of `images` that `network` names rightly."""
    right = torch.zeros((), device=images.images.device, dtype=torch.int64)
    for first in range(0, len(images), BATCH):
        rows = slice(first, first + BATCH)
        whole = pixels(images.images[rows], spec.precision)
        seen = test_view(spec.augmentation, whole)
        right += (network.logits(seen).argmax(1) == images.labels[rows]).sum()
    return 100 * int(right) / len(images)
