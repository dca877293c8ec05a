"""What is known of a network before it is built: how to build it, and for images of which size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

CIFAR, IMAGENET = 32, 224
"""Pixels on a side of the images a stem is made for."""
TOO_SMALL, TOO_LARGE = 96, 128
"""Below 96 pixels an ImageNet stem leaves maps of less than 3×3 before the last pooling; above 128
a CIFAR stem makes every pass more than 16 times the work it is known for. Between, both are in
use."""


@dataclass(frozen=True)
class Architecture:
    """build takes (classes, channels); made_for is the images' side in pixels, None for any."""

    build: Callable[[int, int], nn.Module]
    made_for: int | None

    def surprise(self, name: str, height: int, width: int) -> str | None:
        """What may surprise about the network `name` on images of this size."""
        seen = f"and it gets {height}×{width}"
        if self.made_for == IMAGENET and min(height, width) < TOO_SMALL:
            return (
                f"network {name} has an ImageNet stem, made for 224×224 pixels, {seen}: it throws "
                "most of them away, and accuracies from it give wrong conclusions"
            )
        if self.made_for == CIFAR and max(height, width) > TOO_LARGE:
            times = round(height * width / CIFAR**2)
            return (
                f"network {name} has a CIFAR stem, made for 32×32 pixels, {seen}: every pass is "
                f"{times} times the work"
            )
        return None
