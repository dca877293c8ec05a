"""What may surprise about a stem on images of some size."""

from __future__ import annotations

import pytest

from sem_ray.networks import architecture


@pytest.mark.parametrize("name", ["resnet18-imagenet", "torchvision:resnet18"])
def test_an_imagenet_stem_on_small_images_is_said(name: str) -> None:
    said = architecture(name).surprise(name, 32, 32)
    assert said and said.startswith(f"network {name} has an ImageNet stem") and "32×32" in said
    assert architecture(name).surprise(name, 200, 64)
    assert architecture(name).surprise(name, 112, 96) is None
    assert architecture(name).surprise(name, 224, 224) is None


@pytest.mark.parametrize("name", ["resnet18", "wrn-34-10"])
def test_a_cifar_stem_on_large_images_is_said(name: str) -> None:
    said = architecture(name).surprise(name, 224, 224)
    assert said and said.startswith(f"network {name} has a CIFAR stem") and "49 times" in said
    assert architecture(name).surprise(name, 32, 32) is None
    assert architecture(name).surprise(name, 64, 64) is None


@pytest.mark.parametrize("size", [8, 32, 224])
def test_the_small_network_is_for_any_size(size: int) -> None:
    assert architecture("small").surprise("small", size, size) is None
