"""From pixels to what a network's first layer expects."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class CentredInput(nn.Module):
    """The network on pixels moved from [0, 1] to [−1, 1], so that attacks see plain pixels.

    The move happens before the change to `dtype`: bfloat16 keeps 8 bits, and around zero they are
    finer than a step of 1/255.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.dtype: torch.dtype | None = None

    def forward(self, images: Tensor) -> Tensor:
        """Logits [n, classes] for images [n, C, H, W] in [0, 1]."""
        centred = images * 2 - 1
        logits: Tensor = self.network(centred if self.dtype is None else centred.to(self.dtype))
        return logits
