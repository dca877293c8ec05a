"""BatchNorm over a batch that lies in parts, here and at other workers of the run.

Statistics are those of the whole batch, put together from each part's own in the order of the
parts (Chan et al. 1979), so they do not depend on who holds which part. Forward and backward each
take one small sum over the workers: a part's statistics stand in its own row, zeros in all others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm

from sem_ray.distributed import Communicator

MOMENTUM = 0.1
"""PyTorch's own default."""


@dataclass(frozen=True)
class Slots:
    """Rows for the statistics of `count` parts; those at `own` are filled here."""

    communicator: Communicator
    count: int
    own: tuple[int, ...]

    def gathered(self, statistics: Sequence[Tensor]) -> Tensor:
        """[count, …] in float64, the same at every worker; `statistics` are this worker's."""
        like = statistics[0]
        rows = torch.zeros(self.count, *like.shape, dtype=torch.float64, device=like.device)
        for slot, own in zip(self.own, statistics, strict=True):
            rows[slot] = own
        self.communicator.all_reduce(rows)
        return rows


def sync_batch_norm(
    norm: _BatchNorm,
    slots: Slots,
    weights: Sequence[Tensor],
    biases: Sequence[Tensor],
    maps: Sequence[Tensor],
) -> tuple[Tensor, ...]:
    """Each part's maps [n, C, …] normalised by the whole batch; moves the running statistics."""
    return cast(tuple[Tensor, ...], _SyncBatchNorm.apply(norm, slots, *weights, *biases, *maps))


class _SyncBatchNorm(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, norm: _BatchNorm, slots: Slots, *tensors: Tensor) -> tuple[Tensor, ...]:
        parts = len(slots.own)
        weights, biases, maps = (tensors[i * parts : (i + 1) * parts] for i in range(3))
        count, mean, variance = _statistics(slots.gathered([_figures(part) for part in maps]))
        _follow(norm, count, mean, variance)
        mean, variance = mean.to(weights[0].dtype), variance.to(weights[0].dtype)
        ctx.save_for_backward(count, mean, torch.rsqrt(variance + norm.eps), *weights, *maps)
        ctx.slots = slots
        return tuple(
            torch.batch_norm(part, weight, bias, mean, variance, False, 0.0, norm.eps, False)
            for part, weight, bias in zip(maps, weights, biases, strict=True)
        )

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        count, mean, inverse, *saved = ctx.saved_tensors
        weights, maps = saved[: len(gradients)], saved[len(gradients) :]
        own = [
            _reduced(gradient, part, mean, inverse)
            for gradient, part in zip(gradients, maps, strict=True)
        ]
        total = (ctx.slots.gathered([torch.stack(pair) for pair in own]).sum(0) / count).to(mean)
        inputs = [
            _input_gradient(gradient, part, weight, mean, inverse, total)
            for gradient, part, weight in zip(gradients, maps, weights, strict=True)
        ]
        return (None, None, *(scale for scale, _ in own), *(shift for _, shift in own), *inputs)


def _figures(maps: Tensor) -> Tensor:
    """[3, C]: how many values a channel has, their mean, and their squared distance from it."""
    wide = maps.to(torch.promote_types(maps.dtype, torch.float32))
    mean, variance = torch.ops.aten.batch_norm_update_stats(wide, None, None, 0.0)
    count = torch.full_like(mean, maps.numel() / maps.shape[1])
    return torch.stack([count, mean, variance * count])


def _statistics(rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Count, mean and biased variance [C] of the whole batch from [parts, 3, C]."""
    counts, means, squares = rows.unbind(1)
    count = counts.sum(0)
    mean = (counts * means).sum(0) / count
    squares = squares + counts * (means - mean).square()
    return count, mean, squares.sum(0) / count


def _follow(norm: _BatchNorm, count: Tensor, mean: Tensor, variance: Tensor) -> None:
    """Move the running statistics, as `torch.nn.BatchNorm2d` does."""
    if norm.running_mean is None or norm.running_var is None:
        return
    momentum = MOMENTUM if norm.momentum is None else norm.momentum
    unbiased = variance * count / (count - 1).clamp(min=1)
    norm.running_mean.lerp_(mean.to(norm.running_mean), momentum)
    norm.running_var.lerp_(unbiased.to(norm.running_var), momentum)
    cast(Tensor, norm.num_batches_tracked).add_(1)


def _reduced(
    gradient: Tensor, maps: Tensor, mean: Tensor, inverse: Tensor
) -> tuple[Tensor, Tensor]:
    """A part's Σ gradient · normalised maps, and Σ gradient, [C] each: its own gradients of scale
    and shift."""
    wide = torch.promote_types(maps.dtype, torch.float32)
    _, scale, shift = torch.ops.aten.native_batch_norm_backward(
        gradient.to(wide),
        maps.to(wide),
        torch.ones_like(mean),
        None,
        None,
        mean,
        inverse,
        True,
        0.0,
        [False, True, True],
    )
    return scale, shift


def _input_gradient(
    gradient: Tensor, maps: Tensor, weight: Tensor, mean: Tensor, inverse: Tensor, total: Tensor
) -> Tensor:
    """γ/σ · (g − mean g − x̂ · mean (g · x̂)): Ioffe and Szegedy 2015, section 3."""
    of_scale, of_shift = total
    slope = weight * inverse
    per_value = -slope * inverse * of_scale
    constant = -slope * of_shift - per_value * mean
    shape = (1, -1) + (1,) * (maps.dim() - 2)
    found = torch.addcmul(constant.view(shape), maps, per_value.view(shape))
    return torch.addcmul(found, gradient, slope.view(shape)).to(maps.dtype)
