"""From YAML, presets and `--set` overrides to a frozen spec, with errors a person can act on."""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError

from sem_ray.errors import BadInput

Model = TypeVar("Model", bound=BaseModel)
Tree = dict[str, Any]


def read_yaml(path: Path) -> Tree:
    """The mapping in a YAML file. Raises `BadInput` where there is none."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise BadInput(f"cannot read {path}: {reason}") from error
    return parse_yaml(text, str(path))


def parse_yaml(text: str, place: str) -> Tree:
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
        raise BadInput(f"no preset {name!r}{did_you_mean(name, presets())}; {_one_of(presets())}")
    file = resources.files("sem_ray.presets") / f"{name}.yaml"
    return parse_yaml(file.read_text(encoding="utf-8"), f"preset {name}")


def merged(*trees: Mapping[str, Any]) -> Tree:
    """Later trees win, key by key; a change of `kind` replaces the whole mapping."""
    result: Tree = {}
    for tree in trees:
        for key, value in tree.items():
            old: Any = result.get(key)
            both = isinstance(old, dict) and isinstance(value, Mapping)
            result[key] = merged(old, value) if both and _same_kind(old, value) else value
    return result


def _same_kind(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    return bool(new.get("kind", old.get("kind")) == old.get("kind"))


def overrides(assignments: Iterable[str]) -> Tree:
    """`["noise.radius=8", …]` as a tree; values are YAML."""
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


def validated(model: type[Model], tree: Mapping[str, Any], place: str) -> Model:
    """`tree` as a `model`. Raises `BadInput` with the path of the first thing wrong, and the
    nearest known name for a misspelt key."""
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        path = _path(first["loc"], tree)
        if first["type"] == "extra_forbidden":
            raise BadInput(
                f"{place}: unknown key {_dotted(path)}{_suggestion(model, path)}"
            ) from error
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        what = first["msg"].removeprefix("Value error, ")
        shown = f", got {first['input']!r}" if first["type"] != "missing" else ""
        raise BadInput(f"{place}: {_dotted(path) or 'settings'}: {what}{shown}{more}") from error


def did_you_mean(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f" (did you mean {near[0]}?)" if near else ""


def _one_of(names: Iterable[str]) -> str:
    return "known: " + ", ".join(names)


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


def _suggestion(model: type[BaseModel], path: list[str]) -> str:
    """The nearest field beside the last key of `path`, or the same field in another section."""
    section: type[BaseModel] | None = model
    for key in path[:-1]:
        section = _models(section.model_fields[key].annotation) if section else None
    known = list(section.model_fields) if section else []
    near = did_you_mean(path[-1], known)
    if near or not known:
        return near
    return f"; known: {', '.join(known)}"


def _models(annotation: Any) -> type[BaseModel] | None:
    """The model an annotation holds; for a union of models, the first."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (Annotated, Union, types.UnionType):
        for part in get_args(annotation):
            if (found := _models(part)) is not None:
                return found
    return None
