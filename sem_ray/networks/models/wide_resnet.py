"""WideResNet 34-10, for 32×32.

Zagoruyko and Komodakis 2016, https://arxiv.org/abs/1605.07146: BatchNorm and ReLU come before each
convolution. Without dropout, as adversarial training uses it (Madry et al. 2018,
https://arxiv.org/abs/1706.06083).
"""

from __future__ import annotations

from torch import Tensor, nn

from sem_ray.networks.models.resnet import conv


class PreActivationBlock(nn.Module):
    """Two 3×3 convolutions, each behind BatchNorm and ReLU, and a shortcut.

    Where the shape changes, the shortcut is a 1×1 convolution of the activated maps.
    """

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.activation = nn.Sequential(nn.BatchNorm2d(inputs), nn.ReLU(inplace=True))
        self.body = nn.Sequential(
            conv(inputs, outputs, 3, stride),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
            conv(outputs, outputs, 3),
        )
        changes = stride != 1 or inputs != outputs
        self.shortcut = conv(inputs, outputs, 1, stride) if changes else None

    def forward(self, maps: Tensor) -> Tensor:
        active = self.activation(maps)
        past = maps if self.shortcut is None else self.shortcut(active)
        out: Tensor = self.body(active) + past
        return out


class WideResNet(nn.Module):
    """Three stages of `blocks` blocks each, widths 16, 32 and 64 times `widen`."""

    def __init__(self, classes: int, channels: int, blocks: int, widen: int) -> None:
        super().__init__()
        self.stem = conv(channels, 16, 3)
        layers = []
        width = 16
        for stage in range(3):
            outputs = 16 * widen * 2**stage
            for block in range(blocks):
                stride = 2 if stage and not block else 1
                layers.append(PreActivationBlock(width, outputs, stride))
                width = outputs
        self.blocks = nn.Sequential(*layers)
        self.activation = nn.Sequential(nn.BatchNorm2d(width), nn.ReLU(inplace=True))
        self.head = nn.Linear(width, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Logits [n, classes] for images [n, C, H, W]."""
        features = self.activation(self.blocks(self.stem(images))).mean((2, 3))
        logits: Tensor = self.head(features)
        return logits


def wrn34_10(classes: int, channels: int) -> WideResNet:
    """For 32×32: 46.2 M parameters, 6.66 GMAC forward."""
    return WideResNet(classes, channels, blocks=5, widen=10)
