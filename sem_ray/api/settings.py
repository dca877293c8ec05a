"""The settings of one experiment: preset, then file, then single settings, each over the last. A
file may name the preset it changes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sem_ray.api.run_options import RunOptions
from sem_ray.augment import seen_shape
from sem_ray.data.sources.registry import NAMED
from sem_ray.errors import BadInput
from sem_ray.methods import method_of, require_method
from sem_ray.networks import architecture, require_networks
from sem_ray.spec import ExperimentSpec
from sem_ray.spec.origin import Origin
from sem_ray.spec.reading import PRESET, merged, overrides, preset, presets, read_yaml
from sem_ray.spec.validation import validated

DEFAULT_PRESET = "quick"
Layers = list[tuple[str | Origin, Mapping[str, Any]]]
"""Where settings come from, as messages name it, and the settings; the last counts most."""


def resolve(
    data: str | None, options: RunOptions, base: Mapping[str, Any] | None = None
) -> ExperimentSpec:
    """The experiment that was asked for.

    `base` (what noise was made with) stands in for the preset if neither preset nor file is named.
    Raises `BadInput` with the place and path of what is wrong, or if nothing says which images.
    """
    layers: Layers = []
    file = None if options.config is None else _file(Path(options.config), options.preset)
    if base is not None and options.preset is None and options.config is None:
        layers.append(("the noise's settings", base))
    elif options.preset is not None or options.config is None:
        name = options.preset or DEFAULT_PRESET
        layers.append((f"preset {name}", preset(name)))
    layers += file or ()
    layers.append(("settings", merged(settings_tree(options), _flags(data, options))))
    spec = _validated(layers)
    _require_source(layers)
    return spec


def _file(path: Path, chosen: str | None) -> Layers:
    """A file's settings, above the preset that it names. Raises `BadInput`, also if `chosen` is
    another one."""
    tree, origin = read_yaml(path)
    if PRESET not in tree:
        return [(origin, tree)]
    name = tree.pop(PRESET)
    if name not in presets():
        known = ", ".join(presets())
        raise origin.fault((PRESET,), f"no preset {name!r}; known: {known}")
    if chosen not in (None, name):
        raise origin.fault((PRESET,), f"it stands on {name}, and --preset says {chosen}; drop one")
    layers: Layers = [(f"preset {name}", preset(name))]
    return [*layers, (origin, tree)] if tree else layers


def settings_tree(options: RunOptions) -> Mapping[str, Any]:
    """The single settings as a tree. Raises `BadInput`."""
    given = options.settings
    return given if isinstance(given, Mapping) else overrides(given)


def _require_source(layers: Layers) -> None:
    """Ask for DATA rather than start minutes of work on images that were not named."""
    if not any("source" in layer.get("data", {}) for _, layer in layers):
        raise BadInput(
            f"which images? name DATA: {', '.join(NAMED)}, a Parquet file or folder, a folder of "
            "images with one folder a class, or CIFAR's binary archive"
        )


def _validated(layers: Layers) -> ExperimentSpec:
    """All layers as one experiment; each is checked on top of those below it, so that a message
    names the one at fault."""
    tree: dict[str, Any] = {}
    for place, layer in layers:
        tree = merged(tree, layer)
        spec = validated(ExperimentSpec, tree, place)
        require_networks(spec, place)
        require_method(spec, place)
    return spec


def _flags(data: str | None, options: RunOptions) -> dict[str, Any]:
    """What has an option of its own, as settings."""
    if data is not None and not data.strip():
        raise BadInput("the data's name is empty; give digits, torchvision:CIFAR10 or a path")
    chosen = {"source": data, "limit": options.limit}
    tree: dict[str, Any] = {"data": {k: v for k, v in chosen.items() if v is not None}}
    return tree if options.seed is None else {**tree, "seed": options.seed}


def notices(spec: ExperimentSpec) -> tuple[str, ...]:
    """What is allowed and may still surprise, whatever the images."""
    return (*_ignored(spec), *_large_steps(spec), *_radii(spec))


def stem_notices(
    spec: ExperimentSpec, network: str, shape: tuple[int, int, int]
) -> tuple[str, ...]:
    """What may surprise if `network` is trained on images of `shape` (C, H, W)."""
    _, height, width = seen_shape(spec.augmentation, shape)
    notice = architecture(network).surprise(network, height, width)
    return () if notice is None else (notice,)


def _ignored(spec: ExperimentSpec) -> list[str]:
    """Settings that this method does not read, if someone gave them a value that neither the
    defaults nor a preset give."""
    given = spec.model_dump()
    trees = ({}, *(preset(name) for name in presets()))
    usual = [ExperimentSpec.model_validate(tree).model_dump() for tree in trees]
    ignored = [
        path
        for path in method_of(spec).unread(spec)
        if all(_at(given, path) != _at(tree, path) for tree in usual)
    ]
    if not ignored:
        return []
    return [f"noise.method {spec.noise.method} does not look at {', '.join(ignored)}"]


def _at(tree: Mapping[str, Any], path: str) -> Any:
    value: Any = tree
    for key in path.split("."):
        value = value[key]
    return value


def _large_steps(spec: ExperimentSpec) -> list[str]:
    noise, surrogate, victim = spec.noise, spec.surrogate, spec.victim
    attacked = min((radius for radius in victim.radii if radius), default=0.0)
    steps = (
        ("noise.step_size", noise.alternating.step_size, "noise.radius", noise.radius),
        (
            "surrogate.attack_step_size",
            surrogate.attack_step_size,
            "surrogate.radius",
            surrogate.radius,
        ),
        ("victim.attack_step_size", victim.attack_step_size, "a victim's radius", attacked),
    )
    return [
        f"{name} {size:g} is above {bound} {radius:g} (1/255): one step can take a pixel from a "
        "bound past the middle"
        for name, size, bound, radius in steps
        if size is not None and size > radius > 0
    ]


def _radii(spec: ExperimentSpec) -> list[str]:
    if not method_of(spec).bounded:
        return []
    radius, largest = spec.noise.radius, max(spec.victim.radii)
    found = []
    if radius != int(radius):
        found.append(
            f"noise.radius {radius:g} is searched within, but noise is kept in whole 1/255: "
            f"at most {int(radius)}"
        )
    if largest >= radius:
        found.append(
            f"victims of radius {largest:g} can reach the clean image from the protected one "
            f"(noise.radius {radius:g}): no noise protects against them"
        )
    return found
