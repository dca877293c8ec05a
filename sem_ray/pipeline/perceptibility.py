"""How visible the noise of an experiment is on its own training images."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from sem_ray.data import ImageSet, Noise, add_noise
from sem_ray.data.noise.noise import require_made_for
from sem_ray.metrics.measurement import NOISE_L2, NOISE_PSNR, NOISE_SSIM, Measurement
from sem_ray.metrics.perceptibility import Perceptibility, perceptibility

SAMPLE = 1000
"""Images looked at, evenly spread over the set: more change the second decimal, and streamed ones
would have to be read once more."""

PERCEPTIBILITY = (NOISE_PSNR, NOISE_L2, NOISE_SSIM)


def perceptibility_of(images: ImageSet, noise: Noise) -> Perceptibility:
    """Of `noise` on the images it was made for. Raises `BadInput` if it was made for others."""
    own = torch.tensor(require_made_for(images, noise))
    rows = torch.linspace(0, len(images) - 1, min(SAMPLE, len(images))).long()
    clean = images.images[rows].cpu()
    return perceptibility(clean, add_noise(clean, noise.values[own[rows]]))


def visible(found: Perceptibility, seed: int) -> Iterator[Measurement]:
    """The same as measurements, in the order of `PERCEPTIBILITY`."""
    yield Measurement(name=NOISE_PSNR, value=found.psnr, unit="dB", seed=seed)
    yield Measurement(name=NOISE_L2, value=found.l2, unit="1", seed=seed)
    yield Measurement(name=NOISE_SSIM, value=found.ssim, unit="1", seed=seed)
