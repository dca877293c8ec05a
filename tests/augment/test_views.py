"""Views agree with torchvision image by image, and adjoints are adjoints."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torchvision.transforms.v2 import functional as vision

from sem_ray.augment import draw_views, test_view
from sem_ray.augment.crop_flip import CropFlipViews
from sem_ray.augment.resized_crop import ResizedCropViews, draw_boxes, resampling
from sem_ray.rng import RandomStreams, Stream
from sem_ray.spec import Augmentation, CropFlip, ResizedCrop

SPECS = [CropFlip(), CropFlip(padding=0), CropFlip(flip=False), ResizedCrop(size=9)]


def stream(rows: int, seed: int = 0) -> Stream:
    return RandomStreams(seed, torch.device("cpu")).stream("test", 0, (rows,))


@pytest.mark.parametrize("spec", SPECS, ids=str)
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), rows=st.integers(1, 4), samples=st.integers(1, 3))
def test_adjoint_satisfies_its_definition(
    spec: Augmentation, seed: int, rows: int, samples: int
) -> None:
    """⟨t(x), g⟩ = ⟨x, tᵀ(g)⟩ for all x and g."""
    images = torch.randn(rows, 3, 8, 11, dtype=torch.float64)
    views = draw_views(spec, stream(rows, seed), samples, images)
    seen = views.apply(images)
    gradient = torch.randn_like(seen)
    assert seen.shape[0] == rows * samples
    assert torch.isclose((seen * gradient).sum(), (images * views.adjoint(gradient)).sum())


def test_crop_and_flip_equal_slicing_each_padded_image() -> None:
    images = torch.rand(5, 3, 8, 8)
    views = CropFlipViews.draw(CropFlip(padding=3), stream(5), 4)
    seen = views.apply(images).view(5, 4, 3, 8, 8)
    for row in range(5):
        for sample in range(4):
            top, left = int(views.top[row, sample]), int(views.left[row, sample])
            crop = F.pad(images[row], (3,) * 4)[:, top : top + 8, left : left + 8]
            expected = crop.flip(-1) if views.flip[row, sample] else crop
            assert torch.equal(seen[row, sample], expected)


def test_crops_and_flips_are_spread_evenly() -> None:
    views = CropFlipViews.draw(CropFlip(padding=1), stream(3000), 3)
    for offsets in (views.top, views.left):
        assert torch.bincount(offsets.flatten(), minlength=3).min() > 2800
    assert abs(views.flip.float().mean() - 0.5) < 0.02


def test_resized_crop_equals_torchvisions_antialiased_resize() -> None:
    images = torch.rand(3, 3, 20, 31)
    spec = ResizedCrop(size=12, flip=False)
    boxes = draw_boxes(spec, stream(3), 2, 20, 31)
    seen = ResizedCropViews.draw(spec, stream(3), 2, images).apply(images)
    for place, box in enumerate(zip(*(edge.int().tolist() for edge in boxes), strict=True)):
        expected = vision.resized_crop(images[place // 2], *box, [12, 12], antialias=True)
        assert torch.allclose(seen[place], expected, atol=1e-5)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), height=st.integers(1, 40), width=st.integers(1, 40))
def test_boxes_lie_inside_the_image(seed: int, height: int, width: int) -> None:
    top, left, tall, wide = draw_boxes(ResizedCrop(), stream(3, seed), 2, height, width)
    assert (top >= 0).all()
    assert (left >= 0).all()
    assert (tall >= 1).all()
    assert (wide >= 1).all()
    assert (top + tall <= height).all()
    assert (left + wide <= width).all()


def test_resampling_rows_sum_to_one() -> None:
    weights = resampling(torch.tensor([0.0, 3.0]), torch.tensor([10.0, 2.0]), 10, 7)
    assert torch.allclose(weights.sum(-1), torch.ones(2, 7))


def test_test_view_leaves_crop_flip_images_alone_and_resizes_for_resized_crops() -> None:
    images = torch.rand(2, 3, 8, 8)
    assert test_view(CropFlip(), images) is images
    resized = test_view(ResizedCrop(size=5), images)
    assert torch.allclose(resized, vision.resize(images, [5, 5], antialias=True), atol=1e-5)
