"""Small image sets and noise for them."""

from __future__ import annotations

import torch
from torch import Tensor

from sem_ray.data import ImageSet, Manifest, Noise

RADIUS = 8


def images_of(pixels: Tensor) -> ImageSet:
    """The uint8 `pixels` [N, C, H, W] as an image set of two classes."""
    return ImageSet(
        name="samples",
        images=pixels,
        labels=torch.arange(len(pixels)) % 2,
        classes=("cat", "dog"),
        ids=tuple(f"{row}.png" for row in range(len(pixels))),
    )


def random_images(count: int = 6, seed: int = 0) -> ImageSet:
    generator = torch.Generator().manual_seed(seed)
    shape = (count, 3, 4, 5)
    return images_of(torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator))


def random_noise(images: ImageSet, seed: int = 1) -> Noise:
    generator = torch.Generator().manual_seed(seed)
    values = torch.randint(
        -RADIUS, RADIUS + 1, images.images.shape, dtype=torch.int8, generator=generator
    )
    return Noise.made_for(images, values, manifest_for(images))


def manifest_for(images: ImageSet) -> Manifest:
    return Manifest(
        fingerprint=images.fingerprint,
        radius=RADIUS,
        method="sem",
        spec={"noise": {"radius": RADIUS}, "seed": 0},
        identity="0123456789abcdef0123",
        seconds=1.5,
        sem_ray_version="0.1.0",
    )
