"""What of an experiment carries over to other images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sem_ray.methods import METHODS
from sem_ray.spec import ExperimentSpec
from sem_ray.spec.reading import PRESET, preset, presets

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


def shortest(spec: ExperimentSpec) -> dict[str, Any]:
    """The same configuration as a settings file of few lines: `preset`, and what differs from it.
    The preset is the one from which least does."""
    whole = configuration(spec)
    found = ({PRESET: name, **_difference(whole, _preset(name))} for name in presets())
    return min(found, key=_leaves)


def _preset(name: str) -> Mapping[str, Any]:
    return ExperimentSpec.model_validate(preset(name)).model_dump(mode="json")


def _difference(tree: Mapping[str, Any], usual: Mapping[str, Any]) -> dict[str, Any]:
    """What of `tree` is not in `usual`; of a group of another kind, all of it, because kinds do not
    merge."""
    found: dict[str, Any] = {}
    for key, value in tree.items():
        old = usual.get(key)
        if not (isinstance(value, Mapping) and isinstance(old, Mapping)):
            if key not in usual or value != old:
                found[key] = value
        elif value.get("kind") != old.get("kind"):
            found[key] = dict(value)
        elif inner := _difference(value, old):
            found[key] = inner
    return found


def _leaves(tree: Any) -> int:
    return sum(map(_leaves, tree.values())) if isinstance(tree, Mapping) else 1
