"""Neural tangent kernels of two infinitely wide networks with erf, in closed form and float64.

An erf layer maps covariances by Williams's arcsine (1997, "Computing with infinite networks"), and
the tangent kernel follows layer by layer (Jacot et al. 2018, https://arxiv.org/abs/1806.07572;
Arora et al. 2019, https://arxiv.org/abs/1904.11955, for convolutions). Weights have the variance
`WEIGHTS` over their fan-in, biases the variance `BIASES`. Everything is differentiable with respect
to images.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

WEIGHTS, BIASES = 1.76, 0.18
"""Variances of weights (times their fan-in) and of biases."""
LAYERS = 5
KERNEL, STRIDE, CONVOLUTIONS = 5, 2, 2

Kernel = Callable[[Tensor, Tensor], Tensor]
"""(images [n, C, H, W], images [m, C, H, W]) → tangent kernel [n, m]."""


def fnn(left: Tensor, right: Tensor) -> Tensor:
    """5 dense layers with erf, and a dense layer on top."""
    ours, theirs = left.flatten(1), right.flatten(1)
    fan = ours.shape[1]
    covariance = _dense(ours @ theirs.T / fan)
    own_left, own_right = _dense((ours**2).sum(1) / fan), _dense((theirs**2).sum(1) / fan)
    tangent = covariance
    for _ in range(LAYERS):
        covariance, slope = _erf(covariance, own_left[:, None], own_right[None])
        own_left, own_right = _erf_own(own_left), _erf_own(own_right)
        covariance, own_left, own_right = map(_dense, (covariance, own_left, own_right))
        tangent = covariance + WEIGHTS * slope * tangent
    return tangent


def cnn(left: Tensor, right: Tensor) -> Tensor:
    """2 convolutions 5×5 of stride 2 (zero padding of 2) with erf, and a dense layer on top of all
    places."""
    covariance = left[:, None] * right[None]
    covariance = _convolved(covariance.mean(2))
    own_left, own_right = (_convolved((x**2).mean(1)) for x in (left, right))
    tangent = covariance
    for layer in range(CONVOLUTIONS):
        covariance, slope = _erf(covariance, own_left[:, None], own_right[None])
        own_left, own_right = _erf_own(own_left), _erf_own(own_right)
        tangent = slope * tangent
        if layer + 1 < CONVOLUTIONS:
            covariance, own_left, own_right = map(_convolved, (covariance, own_left, own_right))
            tangent = covariance + (_convolved(tangent) - BIASES)
    return _dense(covariance.mean((-2, -1))) + WEIGHTS * tangent.mean((-2, -1))


KERNELS: dict[str, Kernel] = {"fnn": fnn, "cnn": cnn}


def pair_values(kind: str, shape: tuple[int, int, int]) -> int:
    """How many numbers a pair of images (C, H, W) takes in the largest tensor of a kernel."""
    return math.prod(shape) if kind == "cnn" else 1


def _dense(covariance: Tensor) -> Tensor:
    """Of what a layer puts out, from the mean product of what goes in."""
    return WEIGHTS * covariance + BIASES


def _convolved(covariance: Tensor) -> Tensor:
    """[…, H, W] of products at the same place to […, H/2, W/2]. A filter's weights are independent,
    so only products at the same place under it count; zeros beyond the border do not."""
    flat = covariance.reshape(-1, 1, *covariance.shape[-2:])
    mean = F.avg_pool2d(flat, KERNEL, STRIDE, padding=KERNEL // 2, count_include_pad=True)
    return WEIGHTS * mean.view(*covariance.shape[:-2], *mean.shape[-2:]) + BIASES


def _erf(covariance: Tensor, own_left: Tensor, own_right: Tensor) -> tuple[Tensor, Tensor]:
    """E[erf u · erf v] and E[erf' u · erf' v] for Gaussian (u, v)."""
    scale = (1 + 2 * own_left) * (1 + 2 * own_right)
    moved = torch.asin(2 * covariance / scale.sqrt()) * (2 / math.pi)
    slope = (4 / math.pi) / (scale - 4 * covariance**2).sqrt()
    return moved, slope


def _erf_own(variance: Tensor) -> Tensor:
    return torch.asin(2 * variance / (1 + 2 * variance)) * (2 / math.pi)
