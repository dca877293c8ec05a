"""DenseNet-121, for 32×32.

Huang et al. 2017, https://arxiv.org/abs/1608.06993: growth 32, bottleneck layers, transitions that
halve channels and map. With the stem of the paper's CIFAR networks, one 3×3 convolution and no
pooling, it is the DenseNet-121 of the field's CIFAR tables
(https://github.com/kuangliu/pytorch-cifar).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sem_ray.networks.models.resnet import conv


class DenseLayer(nn.Module):
    """`growth` new maps beside those that came, through a 1×1 bottleneck four times as wide."""

    def __init__(self, inputs: int, growth: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *_activated(inputs, conv(inputs, 4 * growth, 1)),
            *_activated(4 * growth, conv(4 * growth, growth, 3)),
        )

    def forward(self, maps: Tensor) -> Tensor:
        return torch.cat((maps, self.body(maps)), 1)


class DenseNet(nn.Module):
    """Dense blocks of `layers` layers each, a transition between any two."""

    def __init__(self, classes: int, channels: int, layers: tuple[int, ...], growth: int) -> None:
        super().__init__()
        width = 2 * growth
        self.stem = conv(channels, width, 3)
        blocks: list[nn.Module] = []
        for index, count in enumerate(layers):
            if index:
                blocks.append(_transition(width))
                width //= 2
            blocks += [DenseLayer(width + growth * layer, growth) for layer in range(count)]
            width += growth * count
        self.blocks = nn.Sequential(*blocks)
        self.activation = nn.Sequential(nn.BatchNorm2d(width), nn.ReLU(inplace=True))
        self.head = nn.Linear(width, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Logits [n, classes] for images [n, C, H, W]."""
        features = self.activation(self.blocks(self.stem(images))).mean((2, 3))
        logits: Tensor = self.head(features)
        return logits


def densenet121(classes: int, channels: int) -> DenseNet:
    """For 32×32: 7.0 M parameters, 0.89 GMAC forward."""
    return DenseNet(classes, channels, (6, 12, 24, 16), growth=32)


def _activated(inputs: int, layer: nn.Conv2d) -> tuple[nn.Module, ...]:
    return nn.BatchNorm2d(inputs), nn.ReLU(inplace=True), layer


def _transition(inputs: int) -> nn.Sequential:
    return nn.Sequential(*_activated(inputs, conv(inputs, inputs // 2, 1)), nn.AvgPool2d(2))
