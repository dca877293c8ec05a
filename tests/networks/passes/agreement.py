"""Networks as training leaves them, and when two results agree."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def trained(network: nn.Module, size: int) -> nn.Module:
    """With statistics and weights away from their beginnings."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.weight.uniform_(0.5, 1.5, generator=generator)
                module.bias.uniform_(-0.5, 0.5, generator=generator)
        network.train()(torch.rand(8, 3, size, size, generator=generator).double())
    return network


def agree(ours: Tensor, theirs: Tensor) -> bool:
    """To 1e-9 of the largest value: gradients of deep networks that were never trained are tiny."""
    return bool((ours - theirs).abs().max() <= 1e-9 * theirs.abs().max()) and bool(theirs.any())
