"""A residual network for CPUs: stride-2 stem, one block at each width."""

from __future__ import annotations

from torch import Tensor, nn

from sem_ray.networks.models.resnet import BasicBlock, conv


class SmallNet(nn.Module):
    """About 12.5 MFLOP for a 32×32 image, forward and input gradient together."""

    def __init__(self, classes: int, channels: int = 3, widths: tuple[int, ...] = (16, 32, 64)):
        super().__init__()
        self.stem = nn.Sequential(
            conv(channels, widths[0], 3, stride=2), nn.BatchNorm2d(widths[0]), nn.ReLU(inplace=True)
        )
        before = (widths[0], *widths)
        self.blocks = nn.Sequential(
            *(
                BasicBlock(before[i], width, stride=1 if i == 0 else 2)
                for i, width in enumerate(widths)
            )
        )
        self.head = nn.Linear(widths[-1], classes)

    def forward(self, images: Tensor) -> Tensor:
        """Logits [n, classes] for images [n, C, H, W]."""
        features = self.blocks(self.stem(images)).mean((2, 3))
        logits: Tensor = self.head(features)
        return logits
