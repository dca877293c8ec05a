"""Read settings: YAML files, presets and `--set` overrides, as trees for `validated`."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from sem_ray.errors import BadInput
from sem_ray.spec.base import EVERY
from sem_ray.spec.origin import Origin
from sem_ray.spec.safe_yaml import DEEPEST, MOST_CHARACTERS, parse, parse_file
from sem_ray.spec.validation import did_you_mean

Tree = dict[str, Any]

PRESET = "preset"
"""The key of a settings file that names the preset it changes."""


def read_yaml(path: Path) -> tuple[Tree, Origin]:
    """The mapping in a YAML file, and where its keys stand. Raises `BadInput` if there is none."""
    document = parse_file(_text_of(path), str(path))
    return _mapping(document.value, str(path)), document.origin


def _text_of(path: Path) -> str:
    try:
        if path.exists() and not path.is_file():
            raise BadInput(f"cannot read {path}: it is no file; name one with settings in YAML")
        with path.open(encoding="utf-8") as file:
            return file.read(MOST_CHARACTERS + 1)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise BadInput(f"cannot read {path}: {reason}") from error


def parse_yaml(text: str, place: str) -> Tree:
    """The mapping in a YAML text that came from `place`. Raises `BadInput` if there is none."""
    return _mapping(parse(text, place), place)


def _mapping(tree: Any, place: str) -> Tree:
    if not tree and (tree is None or isinstance(tree, dict)):
        raise BadInput(f"{place} is empty: it holds no settings, as noise: {{radius: 8}}")
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
    """The settings of a preset. Raises `BadInput` with the nearest name if there is none."""
    if name not in presets():
        known = ", ".join(presets())
        raise BadInput(f"no preset {name!r}{did_you_mean(name, presets())}; known: {known}")
    return copy.deepcopy(_parsed_preset(name))


@cache
def _parsed_preset(name: str) -> Tree:
    """Parsed once: a study checks hundreds of values on top of it."""
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
    """`["noise.radius=8", …]` as a tree; values are YAML. Raises `BadInput`."""
    tree: Tree = {}
    for assignment in assignments:
        path, separator, text = assignment.partition("=")
        if not separator or not path.strip():
            raise BadInput(f"--set {assignment!r} is not of the form path=value, as noise.radius=8")
        if path.count(".") >= DEEPEST:
            raise BadInput(f"--set {path[:40]}…: no setting lies {path.count('.') + 1} levels deep")
        tree = merged(tree, nested(path.strip(), parse(text, f"--set {path.strip()}")))
    return tree


def nested(path: str, value: Any) -> Tree:
    """`nested("a.b", 1)` is `{"a": {"b": 1}}`."""
    for key in reversed(path.split(".")):
        value = {key: value}
    return dict(value)
