"""Folders of image files, one folder a class."""

from __future__ import annotations

from pathlib import Path

from tests.data.sources.hub_files import encoded, noise_pixels

CLASSES = ("ants", "bees")


def write_images(split: Path, count: int = 3, *, first: int = 0, size: int = 6) -> Path:
    """`count` distinct PNGs in each of two class folders: `0.png`, `1.png`, …"""
    pixels = iter(noise_pixels(first + 2 * count, size)[first:])
    for kind in CLASSES:
        (split / kind).mkdir(parents=True, exist_ok=True)
        for row in range(count):
            (split / kind / f"{row}.png").write_bytes(encoded(next(pixels)))
    return split
