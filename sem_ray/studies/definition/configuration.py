"""What of an experiment carries over to other images."""

from __future__ import annotations

from typing import Any

from sem_ray.methods import METHODS
from sem_ray.spec import ExperimentSpec

FORM = ("resize", "channels")
"""Settings of `data` that say what form images have, and not which ones they are."""


def configuration(spec: ExperimentSpec) -> dict[str, Any]:
    """The settings of the method, the surrogate and the victim, as `protect --config` takes them.

    The images' source, number and classes stay behind, or a user who protects other images with it
    would protect a part of them. So do the settings of other methods.
    """
    tree = spec.model_dump(mode="json")
    data = tree.pop("data")
    form = {key: data[key] for key in FORM if data[key] is not None}
    noise = tree["noise"]
    others = METHODS.keys() - {spec.noise.method}
    tree["noise"] = {key: value for key, value in noise.items() if key not in others}
    return {"data": form, **tree} if form else tree
