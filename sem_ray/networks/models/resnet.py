"""ResNets with the stem their images need: 3×3 stride 1 for 32×32, 7×7 and pooling for 224×224.

He et al. 2016, https://arxiv.org/abs/1512.03385. The ImageNet stem on CIFAR leaves a 1×1 map before
the last block and gives wrong conclusions; it is never chosen silently.
"""

from __future__ import annotations

from torch import Tensor, nn


def conv(inputs: int, outputs: int, size: int, stride: int = 1) -> nn.Conv2d:
    """A bias-free convolution that keeps the map's size at stride 1."""
    return nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False)


class BasicBlock(nn.Module):
    """Two 3×3 convolutions and a shortcut, 1×1 where the shape changes."""

    expansion = 1

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Sequential(
            conv(inputs, outputs, 3, stride), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
        )
        self.second = nn.Sequential(conv(outputs, outputs, 3), nn.BatchNorm2d(outputs))
        self.shortcut = _shortcut(inputs, outputs, stride)
        self.activation = nn.ReLU(inplace=True)

    def forward(self, maps: Tensor) -> Tensor:
        out: Tensor = self.activation(self.second(self.first(maps)) + self.shortcut(maps))
        return out


class Bottleneck(nn.Module):
    """1×1 down to `width` channels, 3×3, 1×1 up to four times as many, and a shortcut.

    The 3×3 convolution takes the stride, as in torchvision.
    """

    expansion = 4

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        outputs = self.expansion * width
        self.body = nn.Sequential(
            conv(inputs, width, 1),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            conv(width, width, 3, stride),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            conv(width, outputs, 1),
            nn.BatchNorm2d(outputs),
        )
        self.shortcut = _shortcut(inputs, outputs, stride)
        self.activation = nn.ReLU(inplace=True)

    def forward(self, maps: Tensor) -> Tensor:
        out: Tensor = self.activation(self.body(maps) + self.shortcut(maps))
        return out


class ResNet(nn.Module):
    """Four stages of blocks, widths 64-128-256-512 times the block's expansion."""

    def __init__(
        self,
        classes: int,
        channels: int,
        blocks: tuple[int, ...],
        *,
        block: type[BasicBlock] | type[Bottleneck] = BasicBlock,
        imagenet_stem: bool = False,
    ) -> None:
        super().__init__()
        self.stem = _imagenet_stem(channels) if imagenet_stem else _cifar_stem(channels)
        layers = []
        width = 64
        for stage, count in enumerate(blocks):
            narrow = 64 * 2**stage
            for index in range(count):
                stride = 2 if stage and not index else 1
                layers.append(block(width, narrow, stride))
                width = narrow * block.expansion
        self.blocks = nn.Sequential(*layers)
        self.head = nn.Linear(width, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Logits [n, classes] for images [n, C, H, W]."""
        features = self.blocks(self.stem(images)).mean((2, 3))
        logits: Tensor = self.head(features)
        return logits


def resnet18(classes: int, channels: int) -> ResNet:
    """For 32×32: 11.2 M parameters, 0.555 GMAC forward."""
    return ResNet(classes, channels, (2, 2, 2, 2))


def resnet50(classes: int, channels: int) -> ResNet:
    """For 32×32: 23.5 M parameters, 1.30 GMAC forward."""
    return ResNet(classes, channels, (3, 4, 6, 3), block=Bottleneck)


def resnet18_imagenet(classes: int, channels: int) -> ResNet:
    """For 224×224: 1.82 GMAC forward."""
    return ResNet(classes, channels, (2, 2, 2, 2), imagenet_stem=True)


def _shortcut(inputs: int, outputs: int, stride: int) -> nn.Module:
    if stride == 1 and inputs == outputs:
        return nn.Identity()
    return nn.Sequential(conv(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs))


def _cifar_stem(channels: int) -> nn.Sequential:
    return nn.Sequential(conv(channels, 64, 3), nn.BatchNorm2d(64), nn.ReLU(inplace=True))


def _imagenet_stem(channels: int) -> nn.Sequential:
    return nn.Sequential(
        conv(channels, 64, 7, stride=2),
        nn.BatchNorm2d(64),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(3, 2, 1),
    )
