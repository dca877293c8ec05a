"""Which images, and how they are augmented."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from sem_ray.spec.base import Count, Frozen


class DataSpec(Frozen):
    """An image set. Nothing here but the images' contents enters an identity."""

    source: str = "digits"
    """`digits`, `torchvision:CIFAR10`, `torchvision:CIFAR100`, or the path of a Parquet file or
    folder in the Hugging Face image layout."""
    limit: Count | None = None
    """Take this many training images: a seeded, class-balanced subset. Null takes all."""
    test_limit: Count | None = None
    """The same for the test images."""
    seed: int = 0
    """Seeds the split of `digits` and the subsets; apart from the experiment's seed, so that
    repetitions run on the same images."""


class CropFlip(Frozen):
    """Random crop of the zero-padded image, then a horizontal flip with probability one half."""

    kind: Literal["crop_flip"] = "crop_flip"
    padding: Annotated[int, Field(ge=0)] = 4
    """Pixels added on every side."""
    flip: bool = True


def _ascending(bounds: tuple[float, float]) -> tuple[float, float]:
    if bounds[0] > bounds[1]:
        raise ValueError(f"the smallest, {bounds[0]:g}, comes first")
    return bounds


Bounds = Annotated[
    tuple[Annotated[float, Field(gt=0)], Annotated[float, Field(gt=0)]], AfterValidator(_ascending)
]
Share = Annotated[
    tuple[Annotated[float, Field(gt=0, le=1)], Annotated[float, Field(gt=0, le=1)]],
    AfterValidator(_ascending),
]


class ResizedCrop(Frozen):
    """Random area and aspect ratio, resized bilinearly with antialiasing, then a flip."""

    kind: Literal["resized_crop"] = "resized_crop"
    size: Count = 224
    """Output height and width in pixels."""
    scale: Share = (0.08, 1.0)
    """Smallest and largest share of the image's area."""
    ratio: Bounds = (3 / 4, 4 / 3)
    """Smallest and largest width / height."""
    flip: bool = True


Augmentation = Annotated[CropFlip | ResizedCrop, Field(discriminator="kind")]
