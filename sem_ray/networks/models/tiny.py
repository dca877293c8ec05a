"""Three convolutions for images of 8 to 32 pixels a side: seconds of training on a CPU."""

from __future__ import annotations

from torch import Tensor, nn

from sem_ray.networks.models.resnet import conv

LAYERS = ((16, 2), (32, 2), (64, 1))
"""Channels and stride of each. Stride 2 comes first because the cost of a layer is that of its
map, and a stem at full size would cost more than all that follows."""


class TinyNet(nn.Module):
    """24,000 parameters; 0.76 MFLOP forward for a 16×16 image of one channel."""

    def __init__(self, classes: int, channels: int) -> None:
        super().__init__()
        layers = []
        inputs = channels
        for outputs, stride in LAYERS:
            layers += [conv(inputs, outputs, 3, stride), nn.BatchNorm2d(outputs), nn.ReLU(True)]
            inputs = outputs
        self.body = nn.Sequential(*layers)
        self.head = nn.Linear(inputs, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Logits [n, classes] for images [n, C, H, W]."""
        features = self.body(images).mean((2, 3))
        logits: Tensor = self.head(features)
        return logits
