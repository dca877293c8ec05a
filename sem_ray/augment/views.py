"""What the engine asks of an augmentation: apply J drawn transforms, and their adjoint."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor

from sem_ray.augment.crop_flip import CropFlipViews
from sem_ray.augment.resized_crop import ResizedCropViews, resized
from sem_ray.rng import Stream
from sem_ray.spec import Augmentation, CropFlip, ResizedCrop


class Views(Protocol):
    """J transforms t for each of n images; every t is linear, so it has an adjoint."""

    def apply(self, images: Tensor) -> Tensor:
        """[n, C, H, W] to [n·J, C, h, w], the J views of one image next to each other."""
        ...

    def adjoint(self, gradient: Tensor) -> Tensor:
        """[n·J, C, h, w] to [n, C, H, W]: each gradient pulled back, summed over the J views."""
        ...


class WholeViews:
    """The images themselves: one view each, untouched."""

    def apply(self, images: Tensor) -> Tensor:
        return images

    def adjoint(self, gradient: Tensor) -> Tensor:
        return gradient


def draw_views(spec: Augmentation, stream: Stream, samples: int, images: Tensor) -> Views:
    """`samples` independent transforms for each of the `stream.rows` images [n, C, H, W]."""
    if isinstance(spec, CropFlip):
        return CropFlipViews.draw(spec, stream, samples)
    return ResizedCropViews.draw(spec, stream, samples, images)


def seen_shape(spec: Augmentation, shape: tuple[int, int, int]) -> tuple[int, int, int]:
    """(C, H, W) of what a network trained on `spec` gets, for images of `shape`."""
    if isinstance(spec, ResizedCrop):
        return shape[0], spec.size, spec.size
    return shape


def test_view(spec: Augmentation, images: Tensor) -> Tensor:
    """The undistorted images [n, C, H, W] as a network trained on `spec` expects them."""
    if isinstance(spec, ResizedCrop):
        return resized(images, spec.size)
    return images


test_view.__test__ = False  # type: ignore[attr-defined]  # pytest would collect it by its name
