"""PGD stays where it may go, climbs, and matches a loop over images."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from sem_ray.networks import FrozenTwin, build_network
from sem_ray.training.pgd import pgd, signed_step, within_pixels


def frozen_small() -> FrozenTwin:
    return FrozenTwin(build_network("small", 4, 3, seed=1).double())


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 1000),
    radius=st.floats(0.001, 0.3),
    step=st.floats(0.001, 0.5),
    steps=st.integers(0, 4),
)
def test_pgd_never_leaves_the_ball_or_the_pixel_range(
    seed: int, radius: float, step: float, steps: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    images = torch.rand(3, 3, 4, 4, generator=generator).double()
    start = (torch.rand(images.shape, generator=generator).double() * 2 - 1) * radius
    adversarial = pgd(torch.randn_like, images, start, radius=radius, step=step, steps=steps)
    assert (adversarial - images).abs().max() <= radius + 1e-12
    assert adversarial.min() >= 0
    assert adversarial.max() <= 1


def test_pgd_raises_the_loss_of_every_image() -> None:
    network, images, labels = frozen_small(), torch.rand(5, 3, 8, 8).double(), torch.arange(5) % 4
    adversarial = pgd(
        lambda x: network.gradient(x, labels),
        images,
        torch.zeros_like(images),
        radius=0.1,
        step=0.02,
        steps=8,
    )

    def losses(x: Tensor) -> Tensor:
        return F.cross_entropy(network.logits(x), labels, reduction="none")

    assert (losses(adversarial) > losses(images)).all()


def test_input_gradient_matches_finite_differences() -> None:
    network, images, labels = frozen_small(), torch.rand(2, 3, 8, 8).double(), torch.tensor([1, 3])
    gradient = network.gradient(images, labels)
    for place in [(0, 0, 3, 3), (1, 2, 5, 1)]:
        moved = images.clone()
        moved[place] += 1e-6
        rise = F.cross_entropy(network.logits(moved), labels, reduction="sum") - F.cross_entropy(
            network.logits(images), labels, reduction="sum"
        )
        assert abs(rise / 1e-6 - gradient[place]) < 1e-4


def test_gradient_of_an_image_does_not_depend_on_its_batch() -> None:
    network, images, labels = frozen_small(), torch.rand(6, 3, 8, 8).double(), torch.arange(6) % 4
    whole = network.gradient(images, labels)
    assert torch.allclose(whole[2:4], network.gradient(images[2:4], labels[2:4]), atol=1e-14)


def test_signed_step_moves_by_the_step_and_is_clipped_to_the_radius() -> None:
    noise, gradient = torch.tensor([0.0, 0.0, 0.0, 0.9]), torch.tensor([3.0, -0.1, 0.0, 1.0])
    down = signed_step(noise, gradient, -0.5, 1.0)
    assert torch.allclose(down, torch.tensor([-0.5, 0.5, 0.0, 0.4]))
    assert signed_step(noise, gradient, 0.5, 1.0)[3] == 1.0


def test_within_pixels_clips() -> None:
    assert within_pixels(torch.tensor([0.1, 0.9]), torch.tensor([-0.2, 0.2])).tolist() == [0, 1]
