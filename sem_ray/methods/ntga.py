"""Neural tangent generalization attack (Yuan and Wu 2021, https://arxiv.org/abs/2103.04287): noise
that maximises the loss, on clean images, of a network trained on the protected ones. The network is
infinitely wide, so that its training has a closed form.

Images are attacked in blocks of one shard each. The predictor is trained on the protected block and
tested on the same block unprotected: no other images are at hand that every shard could share.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor

from sem_ray.devices import one_thread
from sem_ray.distributed.shards import Split
from sem_ray.methods.base import MethodContext, MethodRun, Stage, rounded
from sem_ray.methods.declaration import Method, PassCount
from sem_ray.methods.neural_tangent import KERNELS, pair_values
from sem_ray.spec import ExperimentSpec, unit
from sem_ray.spec.base import PIXEL_STEPS
from sem_ray.training.pgd import signed_step

DIAGONAL = 1e-4
"""Added to a kernel's diagonal, as a share of its mean diagonal."""
VALUES = 2**24
"""Most values of a chunk of pairs of images, 8 bytes each: a few such tensors live at once."""


class Tangent:
    """Noise block by block; a unit is one block of every shard here."""

    finished = False
    metrics: Mapping[str, float] = {}

    def __init__(self, context: MethodContext) -> None:
        self.context, self.settings = context, context.spec.noise.ntga
        self.noise = context.blank()

    def advance(self, number: int) -> Tensor | None:
        for rows in self._blocks(number):
            with one_thread(self.noise.device):
                self._attack(rows)
        return None

    def images(self, number: int) -> int:
        return sum(rows.stop - rows.start for rows in self._blocks(number))

    def shared(self) -> Mapping[str, Tensor]:
        return {}

    def kept(self, done: int) -> Mapping[str, Tensor]:  # noqa: ARG002
        return {"noise": self.noise.values}

    def load(self, shared: Mapping[str, Tensor], kept: Mapping[str, Tensor]) -> None:  # noqa: ARG002
        self.noise.values.copy_(kept["noise"])

    def _blocks(self, number: int) -> Iterator[slice]:
        """Block `number` of each shard here that has so many."""
        shards = self.context.shards
        for shard in shards.owned:
            bounds = blocks_of(shards.split.size(shard), self.settings.block)
            if number + 1 < len(bounds):
                first = shards.here(shard).start
                yield slice(first + bounds[number], first + bounds[number + 1])

    def _attack(self, rows: slice) -> None:
        """Signed ascent from no noise; images and kernels in float64, whatever the precision."""
        images = self.context.rows.images[rows].to(torch.float64) / PIXEL_STEPS
        labels = F.one_hot(self.context.rows.labels[rows], self.context.rows.classes)
        radius = self.context.spec.noise.radius
        size = self.settings.step_size or 1.1 * radius / self.settings.steps
        noise = torch.zeros_like(images)
        for _ in range(self.settings.steps):
            gradient = loss_gradient(
                self.settings.predictor, images, noise, labels, self.settings.time
            )
            noise = signed_step(noise, gradient, unit(size), unit(radius))
        self.noise[rows] = rounded(noise, radius)


def loss_gradient(
    predictor: str, images: Tensor, noise: Tensor, labels: Tensor, time: float
) -> Tensor:
    """∂ mean squared error / ∂ noise, float64 [n, C, H, W], of the predictor trained on
    clip(images + noise) for `time` and tested on `images` [n, C, H, W]. Labels are one-hot, [n,
    classes].

    Kernels are computed in chunks of rows, twice: once for the loss, and once more for the
    gradient of each chunk, so that no chunk's layers have to be kept.
    """
    kernel = KERNELS[predictor]
    shifted = images + noise
    protected = shifted.clamp(0, 1)
    count, *shape = images.shape
    pair = pair_values(predictor, (shape[0], shape[1], shape[2]))
    chunks = torch.split(torch.arange(count), max(VALUES // pair // count, 1))
    pairs = [(left, rows) for left in (protected, images) for rows in chunks]
    with torch.no_grad():
        found = [kernel(left[rows], protected) for left, rows in pairs]
    trained = torch.cat(found[: len(chunks)]).requires_grad_()
    tested = torch.cat(found[len(chunks) :]).requires_grad_()
    loss = (predicted(trained, tested, labels, time) - labels).square().mean()
    of_trained, of_tested = torch.autograd.grad(loss, (trained, tested))
    gradient = torch.zeros_like(images)
    for own, weights in ((True, of_trained), (False, of_tested)):
        for rows in chunks:
            leaf = protected.detach().requires_grad_()
            left = leaf[rows] if own else images[rows]
            total = (kernel(left, leaf) * weights[rows]).sum()
            gradient += torch.autograd.grad(total, leaf)[0]
    return gradient * ((shifted >= 0) & (shifted <= 1))


def predicted(trained: Tensor, tested: Tensor, labels: Tensor, time: float) -> Tensor:
    """[m, classes]: the mean prediction after gradient flow for `time` on ½ · mean squared error of
    all n·classes outputs: K* K⁻¹ (1 − exp(−tK/(n·classes))) y, with K [n, n], K* [m, n]."""
    count = len(trained)
    ridge = DIAGONAL * trained.diagonal().mean() * torch.eye(count).to(trained)
    rate = time / (count * labels.shape[1])
    weights = _Flow.apply(trained + ridge, labels.to(trained.dtype), rate)
    return tested @ cast(Tensor, weights)


class _Flow(torch.autograd.Function):
    """φ(K) y with φ(λ) = (1 − exp(−rate·λ))/λ for symmetric K. Its derivative is that of a function
    of a matrix (Daleckii and Krein), which unlike that of eigenvectors allows equal eigenvalues."""

    @staticmethod
    def forward(ctx: Any, kernel: Tensor, labels: Tensor, rate: float) -> Tensor:
        values, vectors = torch.linalg.eigh(kernel)
        ctx.save_for_backward(values, vectors, labels)
        ctx.rate = rate
        found: Tensor = vectors @ (_phi(values, rate)[:, None] * (vectors.T @ labels))
        return found

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        values, vectors, labels = ctx.saved_tensors
        rate = ctx.rate
        low, high = values[:, None], values[None]
        near = (low - high).abs() < 1e-6 * values.abs().max()
        gap = torch.where(near, 1.0, low - high)
        phi = _phi(values, rate)
        slopes = torch.where(near, _phi_slope((low + high) / 2, rate), (phi[:, None] - phi) / gap)
        inner = (vectors.T @ gradients[0]) @ (vectors.T @ labels).T
        found = vectors @ (slopes * inner) @ vectors.T
        return (found + found.T) / 2, None, None


def _phi(values: Tensor, rate: float) -> Tensor:
    return -torch.expm1(-rate * values) / values


def _phi_slope(values: Tensor, rate: float) -> Tensor:
    scaled = rate * values
    return (scaled * torch.exp(-scaled) + torch.expm1(-scaled)) / values.square()


def blocks_of(rows: int, most: int) -> list[int]:
    """Bounds of as few blocks of at most `most` rows as there can be, alike in size."""
    count = math.ceil(rows / most)
    return [rows * number // count for number in range(count + 1)]


def _stages(spec: ExperimentSpec, split: Split) -> tuple[Stage, ...]:
    sizes = [split.size(shard) for shard in range(split.count)]
    most = max(len(blocks_of(size, spec.noise.ntga.block)) - 1 for size in sizes)
    return (Stage("noise", most, "blocks"),)


def _begin(context: MethodContext) -> MethodRun:
    return Tangent(context)


def _passes(spec: ExperimentSpec, split: Split) -> PassCount:  # noqa: ARG001
    """Each through the kernels of a block, and not through a network of finite width."""
    return PassCount(first=spec.noise.ntga.steps)


NTGA = Method("ntga", _stages, _begin, reads=("noise.ntga",), passes=_passes)
