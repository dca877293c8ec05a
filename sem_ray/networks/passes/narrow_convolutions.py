"""Convolutions over small maps as one matrix product, on CPUs with matrix tiles, in bfloat16.

Matrix units work on tiles of 16 rows, and oneDNN gives them one row of the output map at a time: a
map 4 pixels wide leaves most of each tile empty (a 512-channel 4×4 layer ran at an eighth of the
rate of a 64-channel 32×32 one). Gathering the patches of the whole batch fills the tiles.
Processors without tiles lose by it.
"""

from __future__ import annotations

from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, fx, nn

NARROW = 8
"""Output widths below this are gathered."""


def has_matrix_tiles(device: torch.device) -> bool:
    """Whether `device` is a CPU with AMX."""
    return device.type == "cpu" and bool(torch.cpu._is_amx_tile_supported())


class PatchConv(nn.Module):
    """The square convolution `source`, input gradients only, gathered where its map is narrow."""

    def __init__(self, source: nn.Conv2d) -> None:
        super().__init__()
        self.source = source

    def forward(self, maps: Tensor) -> Tensor:
        """[n, C, H, W] to [n, O, h, w]."""
        source = self.source
        stride, padding = source.stride[0], cast(int, source.padding[0])
        width = (maps.shape[-1] + 2 * padding - source.kernel_size[0]) // stride + 1
        if width >= NARROW:
            return cast(Tensor, source(maps))
        result = _PatchConv.apply(maps, source.weight, source.bias, stride, padding)
        return cast(Tensor, result)


class _PatchConv(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, maps: Tensor, weight: Tensor, bias: Tensor | None, stride: int, padding: int
    ) -> Tensor:
        size = weight.shape[-1]
        ctx.save_for_backward(weight)
        ctx.geometry = (maps.shape, stride, padding)
        padded = F.pad(maps.permute(0, 2, 3, 1), (0, 0, padding, padding, padding, padding))
        patches = padded.unfold(1, size, stride).unfold(2, size, stride).permute(0, 1, 2, 4, 5, 3)
        out = F.linear(patches.flatten(3).flatten(0, 2), _matrix(weight), bias)
        # A tensor of its own, not a view: what follows may write into it, as ReLU does.
        layout = out.view(*patches.shape[:3], -1).permute(0, 3, 1, 2)
        return torch.empty_like(layout).copy_(layout)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None, None, None]:
        (weight,) = ctx.saved_tensors
        (count, channels, height, width), stride, padding = ctx.geometry
        size, lines, columns = weight.shape[-1], *gradient.shape[-2:]
        flat = gradient.permute(0, 2, 3, 1).reshape(-1, weight.shape[0])
        patches = (flat @ _matrix(weight)).view(count, lines, columns, size, size, channels)
        # Shifted maps meet in a pixel; summed in float32, as the convolution would.
        shape = (count, height + 2 * padding, width + 2 * padding, channels)
        wide = torch.promote_types(gradient.dtype, torch.float32)
        total = torch.zeros(shape, dtype=wide, device=gradient.device)
        for down in range(size):
            for across in range(size):
                rows = slice(down, down + stride * lines, stride)
                places = slice(across, across + stride * columns, stride)
                total[:, rows, places] += patches[:, :, :, down, across]
        inner = total[:, padding : padding + height, padding : padding + width]
        return inner.permute(0, 3, 1, 2).to(gradient.dtype), None, None, None, None


def _matrix(weight: Tensor) -> Tensor:
    """[O, size·size·C]; without a copy where the weight is channels-last."""
    return weight.permute(0, 2, 3, 1).flatten(1)


def gather_narrow_maps(graph: fx.GraphModule) -> None:
    """Let every square, dense convolution of `graph` gather where that is faster."""
    for name, module in list(graph.named_modules()):
        if isinstance(module, nn.Conv2d) and _fits(module):
            graph.set_submodule(name, PatchConv(module))
    graph.recompile()


def _fits(layer: nn.Conv2d) -> bool:
    square = len({*layer.kernel_size}) == len({*layer.stride}) == 1
    dense = layer.groups == 1 and layer.dilation == (1, 1) and layer.padding_mode == "zeros"
    return square and dense and isinstance(layer.padding, tuple) and len({*layer.padding}) == 1
