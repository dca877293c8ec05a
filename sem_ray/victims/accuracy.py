"""How often a network names clean test images rightly."""

from __future__ import annotations

from functools import partial

import torch

from sem_ray.augment import test_view
from sem_ray.data.image_set import Rows
from sem_ray.data.pixels.memory_mapped import Index
from sem_ray.devices import pixels
from sem_ray.distributed import LOCAL, Communicator
from sem_ray.networks import FrozenTwin
from sem_ray.spec import ExperimentSpec

BATCH = 500


def accuracy(
    network: FrozenTwin, images: Rows, spec: ExperimentSpec, communicator: Communicator = LOCAL
) -> float:
    """% of `images` that `network` names rightly. Every member of the run holds all of them and
    looks at every so many batches."""
    right = torch.zeros((), device=images.device, dtype=torch.int64)
    stride = BATCH * communicator.count
    for first in range(BATCH * communicator.rank, len(images), stride):
        (rows,) = _block(first)
        images.prefetch(partial(_block, first + stride))
        whole = pixels(images.images[rows], spec.precision)
        seen = test_view(spec.augmentation, whole)
        right += (network.logits(seen).argmax(1) == images.labels[rows]).sum()
    communicator.all_reduce(right)
    return 100 * int(right) / len(images)


def _block(first: int) -> list[Index]:
    return [slice(first, first + BATCH)]
