"""torchvision's classifiers by name, untrained.

All have stems for ImageNet. torchvision is imported when one is asked for.
"""

from __future__ import annotations

from functools import partial
from typing import Any, cast

from torch import nn

from sem_ray.errors import BadInput
from sem_ray.networks.architecture import IMAGENET, Architecture
from sem_ray.spec.validation import did_you_mean

PREFIX = "torchvision:"
CHANNELS = 3
PLAIN: dict[str, dict[str, Any]] = {
    name: {"aux_logits": False, "init_weights": True} for name in ("googlenet", "inception_v3")
}
"""Logits alone, without the auxiliary heads; the initialisation is named, or torchvision warns that
its default will change."""


def torchvision_architecture(name: str) -> Architecture:
    """The classifier `name`, as `torchvision:mobilenet_v3_small`.

    Raises `BadInput` for a name that torchvision does not have, and where it is not installed.
    """
    models = _models(name)
    known = [f"{PREFIX}{model}" for model in models.list_models(module=models)]
    if name not in known:
        near = did_you_mean(name, known)
        raise BadInput(
            f"no network {name!r}{near}; torchvision.models has {len(known)}, as {known[0]}"
        )
    return Architecture(partial(_build, name), IMAGENET)


def _build(name: str, classes: int, channels: int) -> nn.Module:
    if channels != CHANNELS:
        raise BadInput(
            f"network {name} takes images of 3 channels, and these have {channels}; give colour "
            "images, or take one of sem-ray's own networks"
        )
    model = name.removeprefix(PREFIX)
    extra = PLAIN.get(model, {})
    built = _models(name).get_model(model, weights=None, num_classes=classes, **extra)
    return cast(nn.Module, built)


def _models(name: str) -> Any:
    try:
        from torchvision import models
    except ImportError as error:
        raise BadInput(
            f"network {name} needs torchvision, which is not installed: "
            "pip install 'sem-ray[images]', or take one of sem-ray's own networks"
        ) from error
    return models
