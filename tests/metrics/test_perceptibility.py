"""How visible noise is, against sums and windows written out in float64."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sem_ray.metrics.perceptibility import CHUNK, K1, K2, SIGMA, perceptibility

Images = NDArray[np.uint8]


def pair(seed: int, *shape: int, radius: int = 16) -> tuple[Images, Images]:
    rng = np.random.default_rng(seed)
    clean = rng.integers(0, 256, shape)
    shielded = np.clip(clean + rng.integers(-radius, radius + 1, shape), 0, 255)
    return clean.astype(np.uint8), shielded.astype(np.uint8)


def naive_similarity(one: Images, other: Images) -> float:
    """Of one image [C, H, W]: every place of the window by itself."""
    size = min(11, one.shape[1], one.shape[2])
    size -= 1 - size % 2
    places = np.arange(size) - size // 2
    weights = np.exp(-(places[:, None] ** 2 + places**2) / (2 * SIGMA**2))
    weights /= weights.sum()
    c1, c2 = (K1 * 255) ** 2, (K2 * 255) ** 2
    found = []
    for channel in range(one.shape[0]):
        for row in range(one.shape[1] - size + 1):
            for column in range(one.shape[2] - size + 1):
                window = np.s_[channel, row : row + size, column : column + size]
                x, y = one[window].astype(float), other[window].astype(float)
                mx, my = (weights * x).sum(), (weights * y).sum()
                vx, vy = (weights * (x - mx) ** 2).sum(), (weights * (y - my) ** 2).sum()
                both = (weights * (x - mx) * (y - my)).sum()
                brightness = (2 * mx * my + c1) / (mx**2 + my**2 + c1)
                found.append(brightness * (2 * both + c2) / (vx + vy + c2))
    return float(np.mean(found))


@settings(max_examples=20)
@given(st.integers(0, 2**31), st.integers(1, 3), st.integers(3, 14), st.integers(3, 14))
def test_figures_are_those_of_plain_sums(seed: int, channels: int, height: int, width: int) -> None:
    clean, shielded = pair(seed, 3, channels, height, width)
    found = perceptibility(torch.from_numpy(clean), torch.from_numpy(shielded))
    change = (shielded.astype(float) - clean) / 255
    assert found.psnr == pytest.approx(-10 * math.log10((change**2).mean()))
    assert found.l2 == pytest.approx(np.sqrt((change**2).sum((1, 2, 3))).mean())
    similar = [naive_similarity(one, other) for one, other in zip(clean, shielded, strict=True)]
    assert found.ssim == pytest.approx(np.mean(similar), abs=1e-8)


def test_equal_images_are_alike_and_noise_makes_them_less_so() -> None:
    clean, shielded = (torch.from_numpy(side) for side in pair(0, 2, 3, 16, 16))
    same = perceptibility(clean, clean)
    assert (same.psnr, same.l2, same.ssim) == (math.inf, 0, 1)
    slight = perceptibility(*(torch.from_numpy(s) for s in pair(0, 2, 3, 16, 16, radius=4)))
    strong = perceptibility(clean, shielded)
    assert strong.psnr < slight.psnr and strong.l2 > slight.l2 and strong.ssim < slight.ssim < 1


def test_chunks_add_up() -> None:
    clean, shielded = (torch.from_numpy(side) for side in pair(1, 2 * CHUNK + 1, 1, 4, 4))
    whole = perceptibility(clean, shielded)
    parts = [perceptibility(clean[i : i + 1], shielded[i : i + 1]) for i in range(len(clean))]
    assert whole.l2 == pytest.approx(np.mean([part.l2 for part in parts]))
    assert whole.ssim == pytest.approx(np.mean([part.ssim for part in parts]))


def test_no_images_are_an_error() -> None:
    with pytest.raises(ValueError, match="no images"):
        perceptibility(torch.empty(0, 3, 4, 4), torch.empty(0, 3, 4, 4))
