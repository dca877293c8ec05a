"""JSON Schema of experiments' settings, from which editors complete and check YAML.

The models' own schemas say what pydantic checks; here they are made to say what files may hold:
parts of a group, the settings of `sem` and `rem` beside their neighbours, `parity: true`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from sem_ray.spec.base import EVERY, INLINE
from sem_ray.spec.experiment import ExperimentSpec, NoiseSpec
from sem_ray.spec.methods import ParitySpec
from sem_ray.spec.reading import presets

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
EXPERIMENT = "ExperimentSpec"

LIMITS = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
}
"""Pydantic's names of limits that it leaves as they are behind a validator of ours."""


def experiment_schema() -> Schema:
    """Of files that `--config` takes."""
    definitions = experiment_definitions()
    top = definitions.pop(EXPERIMENT)
    return {"$schema": DIALECT, "title": "sem-ray settings", **top, "$defs": definitions}


def experiment_definitions() -> Schema:
    """The groups of an experiment by the names of their models, all of whose settings may be left
    out; the whole is `ExperimentSpec`."""
    found = cleaned(ExperimentSpec.model_json_schema())
    definitions: Schema = {**found.pop("$defs"), EXPERIMENT: found}
    for group in definitions.values():
        group.pop("required", None)
    _spread(definitions)
    parity = definitions[ParitySpec.__name__]
    parity["properties"][EVERY] = {"type": "boolean", "description": "All that are not named."}
    definitions[ParitySpec.__name__] = {"anyOf": [{"type": "boolean"}, parity]}
    return definitions


def _spread(definitions: Schema) -> None:
    """Put the settings of groups that are written without a name beside their neighbours."""
    properties = definitions[NoiseSpec.__name__]["properties"]
    for name, field in NoiseSpec.model_fields.items():
        if INLINE in field.metadata and isinstance(field.annotation, type):
            del properties[name]
            properties |= definitions.pop(field.annotation.__name__)["properties"]


def cleaned(schema: Any) -> Any:
    """The same without titles and defaults of groups, with the standard's names of limits, and with
    `anyOf` for unions: a part of a group may be one of several kinds."""
    if isinstance(schema, list):
        return [cleaned(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        _name(key, schema): _named(value) if key in {"properties", "$defs"} else cleaned(value)
        for key, value in schema.items()
        if key not in {"title", "discriminator"} and not (key == "default" and "$ref" in schema)
    }


def _named(schemas: Mapping[str, Any]) -> Schema:
    """Schemas by names of people's own, which may be those of keywords."""
    return {name: cleaned(schema) for name, schema in schemas.items()}


def _name(key: str, schema: Mapping[str, Any]) -> str:
    if key == "oneOf":
        return "anyOf"
    if schema.get("type") == "array" and key in {"minLength", "maxLength"}:
        return key.replace("Length", "Items")
    return LIMITS.get(key, key)


def setting_paths(model: type[BaseModel] = ExperimentSpec) -> dict[str, str]:
    """Dotted path of every setting and group that files may name → what it is."""
    definitions = experiment_definitions()
    return dict(_paths(definitions[model.__name__], definitions))


def _paths(schema: Schema, definitions: Schema, prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, inner in schema.get("properties", {}).items():
        text = str(inner.get("description", ""))
        groups = [definitions[ref] for ref in _references(inner)]
        yield f"{prefix}{name}", text or str(groups[0].get("description", "") if groups else "")
        for group in groups:
            for branch in group.get("anyOf", [group]):
                yield from _paths(branch, definitions, f"{prefix}{name}.")


def _references(schema: Schema) -> list[str]:
    found = [schema, *schema.get("anyOf", [])]
    return [part["$ref"].rpartition("/")[2] for part in found if "$ref" in part]


def preset_names() -> Schema:
    """A schema of one of the presets."""
    return {"enum": presets(), "description": "Where settings start."}
