"""Which images, and how they are augmented."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from sem_ray.spec.base import Count, Frozen, Text, Whole


def _grey_or_colour(channels: int) -> int:
    if channels not in (1, 3):
        raise ValueError("1 is grey and 3 is RGB")
    return channels


LARGEST_PADDING = 512
LARGEST_CROP = 4096
"""Pixels; more is a slip, and no memory holds a batch of it."""

Channels = Annotated[Whole, AfterValidator(_grey_or_colour)]


class DataSpec(Frozen):
    """An image set. Nothing here but the images' contents enters an identity."""

    source: Text = "digits"
    """`digits`, `torchvision:CIFAR10`, `torchvision:CIFAR100`, or a path: Parquet in the Hugging
    Face image layout (a file or folder), a folder of image files with one folder a class (alone,
    or in train/ and val/ or test/), CIFAR's binary version (a folder or tar.gz)."""
    resize: Count | None = None
    """Bring every image to a square of this many pixels a side as it is read: the shorter side to
    that length (bicubic, antialiased), then the centre. Noise belongs to the resized images. Null
    keeps the images' size, which must be one."""
    channels: Channels | None = None
    """1 makes every image grey, 3 makes it RGB. Null keeps what the source has: grey if all
    images are, else RGB."""
    classes: Annotated[Whole, Field(ge=2)] | None = None
    """Take the first this many classes by the order of their names as text, labelled in that
    order. Null takes all as they are. Limits apply to what is left."""
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
    padding: Annotated[Whole, Field(ge=0, le=LARGEST_PADDING)] = 4
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
    size: Annotated[Whole, Field(ge=1, le=LARGEST_CROP)] = 224
    """Output height and width in pixels."""
    scale: Share = (0.08, 1.0)
    """Smallest and largest share of the image's area."""
    ratio: Bounds = (3 / 4, 4 / 3)
    """Smallest and largest width / height."""
    flip: bool = True


Augmentation = Annotated[CropFlip | ResizedCrop, Field(discriminator="kind")]
