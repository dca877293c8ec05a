"""Read settings: YAML files, presets and `--set` overrides, as trees for `validated`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from sem_ray.errors import BadInput
from sem_ray.spec.base import EVERY
from sem_ray.spec.validation import did_you_mean

Tree = dict[str, Any]


def read_yaml(path: Path) -> Tree:
    """The mapping in a YAML file. Raises `BadInput` where there is none."""
    try:
        if path.exists() and not path.is_file():
            raise BadInput(f"cannot read {path}: it is no file; name one with settings in YAML")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise BadInput(f"cannot read {path}: {reason}") from error
    return parse_yaml(text, str(path))


def parse_yaml(text: str, place: str) -> Tree:
    # Late here and below: the plain PyTorch floors stand without PyYAML.
    import yaml

    try:
        tree = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise BadInput(f"{place} is not YAML: {' '.join(str(error).split())}") from error
    if tree is None:
        return {}
    if not isinstance(tree, dict):
        raise BadInput(f"{place} holds a {type(tree).__name__}, not a mapping of settings")
    return tree


def presets() -> list[str]:
    """Names that `preset` takes."""
    folder = resources.files("sem_ray.presets")
    return sorted(
        f.name.removesuffix(".yaml") for f in folder.iterdir() if f.name.endswith(".yaml")
    )


def preset(name: str) -> Tree:
    """The settings of a preset; raises `BadInput` with the nearest name."""
    if name not in presets():
        known = ", ".join(presets())
        raise BadInput(f"no preset {name!r}{did_you_mean(name, presets())}; known: {known}")
    file = resources.files("sem_ray.presets") / f"{name}.yaml"
    return parse_yaml(file.read_text(encoding="utf-8"), f"preset {name}")


def merged(*trees: Mapping[str, Any]) -> Tree:
    """Later trees win, key by key; a change of `kind` replaces the whole mapping. A mapping over
    `true` or `false` changes what it names of a group that was all on or all off."""
    result: Tree = {}
    for tree in trees:
        for key, value in tree.items():
            old: Any = result.get(key)
            if isinstance(old, bool) and isinstance(value, Mapping):
                old = {EVERY: old}
            both = isinstance(old, dict) and isinstance(value, Mapping)
            result[key] = merged(old, value) if both and _same_kind(old, value) else value
    return result


def _same_kind(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    return bool(new.get("kind", old.get("kind")) == old.get("kind"))


def overrides(assignments: Iterable[str]) -> Tree:
    """`["noise.radius=8", …]` as a tree; values are YAML."""
    import yaml

    tree: Tree = {}
    for assignment in assignments:
        path, separator, text = assignment.partition("=")
        if not separator or not path.strip():
            raise BadInput(f"--set {assignment!r} is not of the form path=value, as noise.radius=8")
        try:
            value = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise BadInput(f"--set {assignment!r}: {text!r} is not a YAML value") from error
        tree = merged(tree, nested(path.strip(), value))
    return tree


def nested(path: str, value: Any) -> Tree:
    """`nested("a.b", 1)` is `{"a": {"b": 1}}`."""
    for key in reversed(path.split(".")):
        value = {key: value}
    return dict(value)
