"""Whether a network can take images of some size, found out without computing anything."""

from __future__ import annotations

from itertools import chain

import torch
from torch import nn
from torch.func import functional_call

from sem_ray.errors import BadInput

REASON = 160
"""Characters of PyTorch's own reason that are shown."""


def require_image_size(network: nn.Module, name: str, shape: tuple[int, int, int]) -> None:
    """Raise `BadInput` where `network`, called `name`, cannot take images of `shape` (C, H, W).

    Its layers are run on shapes alone (the meta device); its mode and weights stay as they are.
    """
    tensors = chain(network.named_parameters(), network.named_buffers())
    shapes = {key: tensor.detach().to("meta") for key, tensor in tensors}
    images = torch.empty(1, *shape, dtype=next(network.parameters()).dtype, device="meta")
    training = network.training
    try:
        with torch.no_grad():
            functional_call(network.eval(), shapes, (images,))
    except (RuntimeError, AssertionError) as error:
        reason = " ".join(str(error).split())[:REASON]
        raise BadInput(
            f"network {name} cannot take images of {shape[1]}×{shape[2]} pixels ({reason}); "
            "enlarge them with augmentation={kind: resized_crop, size: 224}, or take another "
            "network"
        ) from error
    finally:
        network.train(training)
