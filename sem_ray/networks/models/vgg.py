"""VGG-16 with BatchNorm, for 32×32.

Simonyan and Zisserman 2015, https://arxiv.org/abs/1409.1556, configuration D: 13 convolutions, each
with its bias. What the field calls VGG-16-BN on CIFAR has one linear layer in place of the three of
ImageNet, and no dropout: https://github.com/kuangliu/pytorch-cifar, 14,728,266 parameters for ten
classes.
"""

from __future__ import annotations

from torch import Tensor, nn

STAGES = ((64,) * 2, (128,) * 2, (256,) * 3, (512,) * 3, (512,) * 3)
"""Widths of the convolutions before each pooling."""


class VGG(nn.Module):
    """Five stages of 3×3 convolutions, each halving the map, and one linear layer."""

    def __init__(self, classes: int, channels: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        width = channels
        for stage in STAGES:
            for outputs in stage:
                layers += [
                    nn.Conv2d(width, outputs, 3, padding=1),
                    nn.BatchNorm2d(outputs),
                    nn.ReLU(inplace=True),
                ]
                width = outputs
            # Rounded up, images that are no multiple of 32 are not pooled away.
            layers.append(nn.MaxPool2d(2, ceil_mode=True))
        self.features = nn.Sequential(*layers)
        self.head = nn.Linear(width, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Logits [n, classes] for images [n, C, H, W]."""
        logits: Tensor = self.head(self.features(images).mean((2, 3)))
        return logits


def vgg16_bn(classes: int, channels: int) -> VGG:
    """For 32×32: 14.7 M parameters, 0.313 GMAC forward."""
    return VGG(classes, channels)
