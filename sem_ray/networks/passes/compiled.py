"""A frozen network's passes as one compiled program, replayed as a CUDA graph on a GPU.

Launching some 200 kernels a pass from Python can take longer than a GPU needs to run them. Weights
are refreshed in place, so a recorded graph stays valid; a batch of another size is recorded anew.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import torch
from torch import Tensor, nn

Forward = Callable[[Tensor], Tensor]

SIZES = 16
"""Batch sizes a program is kept for: those of the noise phase, the attacks, the last blocks and
the evaluation, each perhaps split where memory is short."""


def as_program(network: nn.Module) -> Forward:
    """`network`, compiled when it is first used at a size; the same function up to rounding.

    Its results, and the gradients it leaves, are the caller's to keep.
    """
    torch._dynamo.config.recompile_limit = max(torch._dynamo.config.recompile_limit, SIZES)
    graphs = next(network.parameters()).device.type == "cuda"
    mode = "reduce-overhead" if graphs else "default"
    compiled = cast(Forward, torch.compile(network, dynamic=False, mode=mode))

    def forward(images: Tensor) -> Tensor:
        if not graphs:
            return compiled(images)
        # A replay writes where the last one wrote.
        torch.compiler.cudagraph_mark_step_begin()  # type: ignore[no-untyped-call]
        return cast(Tensor, _Kept.apply(compiled(_Kept.apply(images))))

    return forward


class _Kept(torch.autograd.Function):
    """The identity, with values and gradient in memory of their own."""

    @staticmethod
    def forward(ctx: object, values: Tensor) -> Tensor:  # noqa: ARG004
        return values.clone()

    @staticmethod
    def backward(ctx: object, gradient: Tensor) -> Tensor:  # noqa: ARG004
        return gradient.clone()
