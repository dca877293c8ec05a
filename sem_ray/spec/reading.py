"""From YAML, presets and `--set` overrides to a frozen spec, with errors a person can act on."""

from __future__ import annotations

import copy
import difflib
import types
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from sem_ray.errors import BadInput
from sem_ray.spec.base import EVERY

Model = TypeVar("Model", bound=BaseModel)
Tree = dict[str, Any]

ALIKE = 0.7
"""Likeness of names from which one is surely a slip for the other."""


def read_yaml(path: Path) -> Tree:
    """The mapping in a YAML file. Raises `BadInput` if there is none."""
    # Late here and below: the plain PyTorch floors stand without PyYAML.
    from sem_ray.spec.safe_yaml import MOST_CHARACTERS

    try:
        if path.exists() and not path.is_file():
            raise BadInput(f"cannot read {path}: it is no file; name one with settings in YAML")
        with path.open(encoding="utf-8") as file:
            text = file.read(MOST_CHARACTERS + 1)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise BadInput(f"cannot read {path}: {reason}") from error
    return parse_yaml(text, str(path))


def parse_yaml(text: str, place: str) -> Tree:
    """The mapping in a YAML text that came from `place`. Raises `BadInput` if there is none."""
    from sem_ray.spec.safe_yaml import parse

    tree = parse(text, place)
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
        raise BadInput(f"no preset {name!r}{did_you_mean(name, presets())}; {_one_of(presets())}")
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
    from sem_ray.spec.safe_yaml import DEEPEST, parse

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


def validated(model: type[Model], tree: Mapping[str, Any], place: str) -> Model:
    """`tree` as a `model`. Raises `BadInput` with the path of the first thing wrong, and the
    nearest known name for a misspelt key."""
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        first, *others = error.errors(include_url=False)
        path = _path(first["loc"], tree)
        if first["type"] == "extra_forbidden":
            found = f"unknown key {_dotted(path)}{_suggestion(model, path, tree)}"
        else:
            what = _KINDLESS.get(first["type"], first["msg"].removeprefix("Value error, "))
            shown = f", got {first['input']!r}" if first["type"] != "missing" else ""
            found = f"{_dotted(path) or 'settings'}: {what}{shown}{_more(first, others)}"
        raise BadInput(f"{place}: {found}") from error


_KINDLESS = {"union_tag_not_found": "needs a `kind` to say which settings it has"}


def did_you_mean(name: str, known: Iterable[str], cutoff: float = 0.5) -> str:
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=cutoff)
    return f" (did you mean {near[0]}?)" if near else ""


def _one_of(names: Iterable[str]) -> str:
    return "known: " + ", ".join(names)


def _more(first: Any, others: list[Any]) -> str:
    """How many things are wrong besides; a list of which one item is wrong counts once."""
    inside = [other for other in others if other["loc"] != first["loc"][: len(other["loc"])]]
    return f" (and {len(inside)} more)" if inside else ""


def _path(location: tuple[int | str, ...], tree: Any) -> list[str]:
    """The location without the tags pydantic adds for union members."""
    path = []
    for key in location:
        if isinstance(tree, Mapping) and key not in tree and key != location[-1]:
            continue
        tree = tree.get(key) if isinstance(tree, Mapping) else None
        path.append(str(key))
    return path


def _dotted(path: list[str]) -> str:
    return ".".join(path)


def _suggestion(model: type[BaseModel], path: list[str], tree: Any) -> str:
    """The nearest field beside the last key of `path`, or the nearest in another section."""
    section: type[BaseModel] | None = model
    for key in path[:-1]:
        field = section.model_fields.get(key) if section else None
        tree = tree.get(key) if isinstance(tree, Mapping) else None
        section = _chosen(_models(field.annotation), tree) if field else None
    known = list(section.model_fields) if section else []
    return (
        did_you_mean(path[-1], known, ALIKE)
        or _elsewhere(model, path[-1])
        or did_you_mean(path[-1], known)
        or f"; {_one_of(known)}"
    )


def _elsewhere(model: type[BaseModel], name: str) -> str:
    """The whole path of a field of nearly this name."""
    paths = {path.rpartition(".")[2]: path for path in reversed(_fields(model))}
    near = difflib.get_close_matches(name, list(paths), n=1, cutoff=ALIKE)
    return f" (did you mean {paths[near[0]]}?)" if near else ""


def _fields(model: type[BaseModel]) -> list[str]:
    """Dotted paths of every setting."""
    found = []
    for name, field in model.model_fields.items():
        inner = [path for part in _models(field.annotation) for path in _fields(part)]
        found += [f"{name}.{path}" for path in inner] or [name]
    return found


def _models(annotation: Any) -> list[type[BaseModel]]:
    """The models an annotation holds: several for a union."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) not in (Annotated, Union, types.UnionType):
        return []
    return [model for part in get_args(annotation) for model in _models(part)]


def _chosen(models: list[type[BaseModel]], tree: Any) -> type[BaseModel] | None:
    """The union's member that the tree's `kind` names."""
    kind = tree.get("kind") if isinstance(tree, Mapping) else None
    named = (m for m in models if kind == getattr(m.model_fields.get("kind"), "default", None))
    return next(named, models[0] if models else None)
