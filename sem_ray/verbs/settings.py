"""Which settings a verb works with: preset, then file, then single settings, each over the last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sem_ray.errors import BadInput
from sem_ray.spec import ExperimentSpec
from sem_ray.spec.reading import merged, overrides, preset, read_yaml, validated

DEFAULT_PRESET = "quick"
Settings = Iterable[str] | Mapping[str, Any]
"""`["noise.radius=8"]` or `{"noise": {"radius": 8}}`."""


def resolve(
    data: str | None,
    *,
    base: Mapping[str, Any] | None = None,
    preset_name: str | None = None,
    config: Path | None = None,
    settings: Settings = (),
    limit: int | None = None,
    seed: int | None = None,
) -> ExperimentSpec:
    """The experiment that was asked for.

    `base` (what noise was made with) stands in for the preset where neither preset nor file is
    named. Raises `BadInput` with the place and path of what is wrong.
    """
    layers: list[Mapping[str, Any]] = []
    if base is not None and preset_name is None and config is None:
        layers.append(base)
    elif preset_name is not None or config is None:
        layers.append(preset(preset_name or DEFAULT_PRESET))
    if config is not None:
        layers.append(read_yaml(config))
    place = str(config or f"preset {preset_name or DEFAULT_PRESET}")
    validated(ExperimentSpec, merged(*layers), place)
    layers.append(settings if isinstance(settings, Mapping) else overrides(settings))
    layers.append(_flags(data, limit, seed))
    return validated(ExperimentSpec, merged(*layers), "settings")


def _flags(data: str | None, limit: int | None, seed: int | None) -> dict[str, Any]:
    if data is not None and not data.strip():
        raise BadInput("the data's name is empty; give digits, torchvision:CIFAR10 or a path")
    chosen = {"source": data, "limit": limit}
    tree: dict[str, Any] = {"data": {k: v for k, v in chosen.items() if v is not None}}
    return tree if seed is None else {**tree, "seed": seed}


def remarks(spec: ExperimentSpec) -> tuple[str, ...]:
    """What is allowed and may still surprise."""
    noise = spec.noise
    found = []
    if noise.step_size is not None and noise.step_size > noise.radius:
        found.append(
            f"noise.step_size {noise.step_size:g} is above noise.radius {noise.radius:g} (1/255): "
            "every step that changes sign jumps to the bound"
        )
    if noise.radius != int(noise.radius):
        found.append(
            f"noise.radius {noise.radius:g} is searched within, but noise is kept in whole 1/255: "
            f"at most {int(noise.radius)}"
        )
    if max(spec.victim.radii) >= noise.radius:
        found.append(
            f"victims of radius {max(spec.victim.radii):g} can reach the clean image from the "
            f"protected one (noise.radius {noise.radius:g}): no noise protects against them"
        )
    return tuple(found)
