"""How visible noise is on the images it protects: peak signal-to-noise ratio, length of the change,
and structural similarity."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from sem_ray.spec.base import PIXEL_STEPS

CHUNK = 64
"""Images compared at a time, in float64."""
DIGITS = 9
"""Kept of the similarity, so that the order in which threads add does not show."""

WINDOW, SIGMA = 11, 1.5
"""Size and standard deviation, in pixels, of the Gaussian window of the similarity."""
K1, K2 = 0.01, 0.03
"""What keeps its quotients from 0/0, as shares of the range of values."""


@dataclass(frozen=True)
class Perceptibility:
    """Of protected images beside clean ones.

    psnr: in dB, of the mean squared change over all images; infinite if nothing changed. l2: mean
    over the images of the Euclidean length of an image's change, pixels in [0, 1]. ssim: mean
    structural similarity, 1 for equal images.
    """

    psnr: float
    l2: float
    ssim: float


def perceptibility(clean: Tensor, shielded: Tensor) -> Perceptibility:
    """Of uint8 images [n, C, H, W] and the same ones protected. Raises `ValueError` for none."""
    if len(clean) == 0:
        raise ValueError("no images to compare")
    squares: list[float] = []
    similar: list[float] = []
    for start in range(0, len(clean), CHUNK):
        pair = [side[start : start + CHUNK].to(torch.float64) for side in (clean, shielded)]
        squares += (pair[0] - pair[1]).square().flatten(1).sum(1).tolist()
        similar += similarity(pair[0], pair[1]).tolist()
    lengths = [math.sqrt(square) / PIXEL_STEPS for square in squares]
    return Perceptibility(
        psnr=_decibels(math.fsum(squares) / clean.numel()),
        l2=math.fsum(lengths) / len(lengths),
        ssim=round(math.fsum(similar) / len(similar), DIGITS),
    )


def similarity(one: Tensor, other: Tensor) -> Tensor:
    """float64 [n]: structural similarity of float64 images [n, C, H, W] in 1/255, the mean over
    channels and over places of the window that lie inside (Wang et al., "Image quality assessment:
    from error visibility to structural similarity", 2004). Images smaller than the window get the
    largest odd one that fits."""
    window = _window(min(WINDOW, *one.shape[2:]))
    mean, its_mean = _blurred(one, window), _blurred(other, window)
    variance = _blurred(one * one, window) - mean * mean
    its_variance = _blurred(other * other, window) - its_mean * its_mean
    covariance = _blurred(one * other, window) - mean * its_mean
    c1, c2 = (K1 * PIXEL_STEPS) ** 2, (K2 * PIXEL_STEPS) ** 2
    brightness = (2 * mean * its_mean + c1) / (mean * mean + its_mean * its_mean + c1)
    structure = (2 * covariance + c2) / (variance + its_variance + c2)
    return (brightness * structure).flatten(1).mean(1)


def _window(size: int) -> Tensor:
    """float64 [odd], a Gaussian that sums to 1."""
    half = (size - 1) // 2
    places = torch.arange(-half, half + 1, dtype=torch.float64)
    weights = torch.exp(-places.square() / (2 * SIGMA**2))
    return weights / weights.sum()


def _blurred(images: Tensor, window: Tensor) -> Tensor:
    """Each channel averaged under the window, along rows and then columns."""
    channels = images.shape[1]
    kernel = window.to(images.device).expand(channels, 1, 1, -1)
    rows = F.conv2d(images, kernel, groups=channels)
    return F.conv2d(rows, kernel.transpose(2, 3), groups=channels)


def _decibels(mean_square: float) -> float:
    return 10 * math.log10(PIXEL_STEPS**2 / mean_square) if mean_square else math.inf
