"""A network that cannot take images of some size is refused before any work."""

from __future__ import annotations

import pytest
import torch

from sem_ray.errors import BadInput
from sem_ray.networks import NETWORKS, build_network, require_image_size

REFUSED = {
    # Its pooling would leave nothing.
    "torchvision:squeezenet1_1": (8, "cannot take images of 8×8 pixels"),
    # Positions are learned for 224 pixels.
    "torchvision:vit_b_32": (32, r"32×32 pixels \(Wrong image height! Expected 224 but got 32!\)"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_images_that_a_network_cannot_take_are_refused_with_the_way_out(name: str) -> None:
    size, message = REFUSED[name]
    with torch.device("meta"):
        network = build_network(name, 10, 3, seed=0)
    with pytest.raises(BadInput, match=f"network {name} .*{message}") as refusal:
        require_image_size(network, name, (3, size, size))
    assert "resized_crop, size: 224" in str(refusal.value)
    require_image_size(network, name, (3, 224, 224))


@pytest.mark.parametrize("name", [*NETWORKS, "torchvision:mobilenet_v3_small"])
def test_asking_changes_nothing(name: str) -> None:
    network = build_network(name, 10, 3, seed=0)
    before = {key: tensor.clone() for key, tensor in network.state_dict().items()}
    generator = torch.get_rng_state()
    require_image_size(network, name, (3, 32, 32))
    assert network.training and torch.equal(torch.get_rng_state(), generator)
    after = network.state_dict()
    assert all(torch.equal(after[key], before[key]) for key in before)
