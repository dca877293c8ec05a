"""Validate trees of settings against pydantic models, with errors a person can act on."""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from sem_ray.spec.base import written_fields
from sem_ray.spec.origin import Origin, origin_of

Model = TypeVar("Model", bound=BaseModel)

MISSPELT = "extra_forbidden"
"""Pydantic's type of the error of an unknown key."""

ALIKE = 0.7
"""Likeness of names from which one is surely a slip for the other."""


def validated(model: type[Model], tree: Mapping[str, Any], place: str | Origin) -> Model:
    """`tree` as a `model`. Raises `BadInput` with the path of the first thing wrong, and its line
    if `place` knows it, and the nearest known name for a misspelt key."""
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        # A misspelt key is also a missing one: the name that is there says more.
        faults = sorted(error.errors(include_url=False), key=lambda e: e["type"] != MISSPELT)
        first, *others = faults
        path = _path(first["loc"], tree)
        if first["type"] == MISSPELT:
            found = f"unknown key {_dotted(path)}{_suggestion(model, path, tree)}"
        else:
            what = _KINDLESS.get(first["type"], first["msg"].removeprefix("Value error, "))
            shown = f", got {first['input']!r}" if first["type"] != "missing" else ""
            found = f"{_dotted(path) or 'settings'}: {what}{shown}{_more(first, others)}"
        raise origin_of(place).fault(tuple(path), found) from error


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
        if not isinstance(tree, Mapping | list | tuple):
            break
        tree = _inside(tree, key)
        path.append(str(key))
    return path


def _inside(tree: Any, key: int | str) -> Any:
    if isinstance(tree, list | tuple) and isinstance(key, int):
        return tree[key] if key < len(tree) else None
    return tree.get(key) if isinstance(tree, Mapping) else None


def _dotted(path: list[str]) -> str:
    return ".".join(path)


def _suggestion(model: type[BaseModel], path: list[str], tree: Any) -> str:
    """The nearest field beside the last key of `path`, or the nearest in another section."""
    section: type[BaseModel] | None = model
    for key in path[:-1]:
        field = written_fields(section).get(key) if section else None
        tree = tree.get(key) if isinstance(tree, Mapping) else None
        section = _chosen(_models(field.annotation), tree) if field else None
    known = list(written_fields(section)) if section else []
    return (
        did_you_mean(path[-1], known, ALIKE)
        or _elsewhere(model, path)
        or did_you_mean(path[-1], known)
        or f"; {_one_of(known)}"
    )


def _elsewhere(model: type[BaseModel], misspelt: list[str]) -> str:
    """The whole path of a field of nearly this name. The same path is one of another kind."""
    others = (path for path in reversed(_fields(model)) if path != _dotted(misspelt))
    paths = {path.rpartition(".")[2]: path for path in others}
    near = difflib.get_close_matches(misspelt[-1], list(paths), n=1, cutoff=ALIKE)
    return f" (did you mean {paths[near[0]]}?)" if near else ""


def _fields(model: type[BaseModel]) -> list[str]:
    """Dotted paths of every setting."""
    found = []
    for name, field in written_fields(model).items():
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
