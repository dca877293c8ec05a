"""JSON Schema of study files, from which editors complete and check them."""

from __future__ import annotations

from typing import Any

from sem_ray.spec.schema import (
    DIALECT,
    EXPERIMENT,
    Schema,
    cleaned,
    experiment_definitions,
    preset_names,
    setting_paths,
)
from sem_ray.studies.definition.objective import SINGLE, Objective
from sem_ray.studies.definition.study_spec import StudySpec

CONSTRAINT = {"type": "string", "description": "As `generation_seconds <= 600`."}
SEEDS = {
    "type": "array",
    "items": {"type": "integer"},
    "minItems": 1,
    "uniqueItems": True,
    "description": "Seeds with which every configuration runs.",
}
EARLIER = {
    "type": "object",
    "deprecated": True,
    "description": "Written as `replicates` since.",
}


def study_schema() -> Schema:
    """Of files that `sweep` takes."""
    found = cleaned(StudySpec.model_json_schema())
    definitions: Schema = {**found.pop("$defs"), **experiment_definitions()}
    for name in ("Choices", "Range"):
        _accept_one_value(definitions[name]["properties"]["when"])
    definitions["BudgetSpec"]["properties"]["store_bytes"]["anyOf"].append({"type": "string"})
    properties = found["properties"] | _forms_of_files(found["properties"])
    return {
        "$schema": DIALECT,
        "title": "sem-ray study",
        **found,
        "properties": properties,
        "required": ["name"],
        "allOf": [
            {"anyOf": [{"required": ["search"]}, {"required": ["points"]}]},
            {"anyOf": [{"required": ["objectives"]}, {"required": ["metric"]}]},
        ],
        "$defs": definitions,
    }


def _accept_one_value(when: Schema) -> None:
    """A condition may be one value in place of a list."""
    several = when["additionalProperties"]
    when["additionalProperties"] = {"anyOf": [several, *several["items"]["anyOf"]]}


def _forms_of_files(properties: Schema) -> Schema:
    """Properties that a file writes otherwise than the study that is read from it."""
    paths = setting_paths()
    single = cleaned(Objective.model_json_schema())["properties"]
    distribution = properties["search"]["additionalProperties"]
    value = properties["points"]["items"]["additionalProperties"]
    formula = {"type": ["string", "number"]}
    constraint = {"anyOf": [CONSTRAINT, {"$ref": "#/$defs/Constraint"}]}
    return {
        "preset": preset_names(),
        "base": {"$ref": f"#/$defs/{EXPERIMENT}", "description": "What the study changes of it."},
        "search": _by_path(properties["search"], paths, distribution) | {"minProperties": 1},
        "points": properties["points"] | {"items": _by_path({}, paths, value), "minItems": 1},
        "enqueue": properties["enqueue"] | {"items": _by_path({}, paths, value)},
        "derived": _by_path(properties["derived"], paths, formula),
        "constraints": properties["constraints"] | {"items": constraint},
        **{key: single[key] for key in SINGLE},
        "seeds": SEEDS,
        "finalists": EARLIER,
    }


def _by_path(schema: Schema, paths: dict[str, str], value: Any) -> Schema:
    """Values by the paths of settings, each with what it is."""
    described = {path: {"description": text, **value} for path, text in paths.items()}
    return schema | {"type": "object", "properties": described, "additionalProperties": False}
