"""NTGA: the gradient of the closed form, and what the noise does to the predictor."""

from __future__ import annotations

import pytest
import torch

from sem_ray.methods.generation import generate
from sem_ray.methods.neural_tangent import KERNELS
from sem_ray.methods.ntga import loss_gradient, predicted
from tests.methods.naive_methods import naive_ntga_gradient
from tests.samples import random_images, tiny_spec

CPU = torch.device("cpu")


@pytest.mark.parametrize("predictor", ["fnn", "cnn"])
def test_ntgas_gradient_is_that_of_the_closed_form_by_plain_autograd(
    predictor: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In chunks, against the whole at once with a matrix exponential and a solved system."""
    monkeypatch.setattr("sem_ray.methods.ntga.VALUES", 2000)
    images = random_images(7).images[:].double() / 255
    labels = torch.nn.functional.one_hot(torch.arange(7) % 3, 3)
    noise = (torch.rand(images.shape, generator=torch.Generator().manual_seed(3)) - 0.5).double()
    noise = noise / 8
    theirs = naive_ntga_gradient(KERNELS[predictor], images, noise, labels, time=64)
    ours = loss_gradient(predictor, images, noise, labels, 64)
    assert theirs.abs().max() > 1e-6
    assert (ours - theirs).abs().max() < 1e-9


def test_ntga_raises_the_predictors_loss_on_clean_images() -> None:
    images = random_images(16)
    spec = tiny_spec(noise={"method": "ntga", "radius": 16}, shards=1)
    noise = generate(spec, images, device=CPU).noise
    clean = images.images[:].double() / 255
    labels = torch.nn.functional.one_hot(images.labels, 3)

    def loss(trained_on: torch.Tensor) -> float:
        trained, tested = (KERNELS["fnn"](left, trained_on) for left in (trained_on, clean))
        return float((predicted(trained, tested, labels, 64) - labels).square().mean())

    random = (noise.double() / 255)[torch.randperm(16, generator=torch.Generator().manual_seed(1))]
    assert loss((clean + noise.double() / 255).clamp(0, 1)) > 1.1 * loss(clean)
    assert loss((clean + noise.double() / 255).clamp(0, 1)) > loss((clean + random).clamp(0, 1))
