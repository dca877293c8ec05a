"""The schema that editors read takes what the program takes, and finds slips of the pen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from sem_ray.studies.definition.schema import study_schema
from tests.studies.definition.mistakes import GOOD, MISTAKES

SHIPPED = sorted(Path("search_spaces").absolute().glob("*.yaml"))
SCHEMA = study_schema()


def faults(tree: Any) -> list[str]:
    return [error.message for error in jsonschema.Draft202012Validator(SCHEMA).iter_errors(tree)]


def test_it_is_a_schema_and_json() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_shipped_files_keep_to_it(file: Path) -> None:
    assert faults(yaml.safe_load(file.read_text())) == []


FORMS: dict[str, str] = {
    "one metric": GOOD,
    "objectives": GOOD.replace(
        "metric: test_accuracy_at_4",
        "objectives: [{metric: passes}, {metric: test_accuracy_at_4, direction: maximize}]",
    ),
    "conditions": GOOD.replace(
        "{low: 1, high: 5}", "{low: 1.5, high: 5, log: true, when: {noise.radius: 8}}"
    ),
    "conditions on several": GOOD.replace(
        "{low: 1, high: 5}", "{choices: [[0], {a: 1}, null], when: {noise.radius: [8, 12]}}"
    ),
    "seeds": f"{GOOD}seeds: [0, 1]\nconstraints: [passes < 1e6]\n",
    "first points": f"{GOOD}enqueue: [{{noise.radius: 8}}]\nderived: {{surrogate.radius: 4}}\n",
    "part of a group": GOOD.replace("base:", "base:\n  augmentation: {flip: false}"),
    "parity": GOOD.replace("base:", "base:\n  noise: {steps: 3, parity: true}"),
    "some of parity": GOOD.replace("base:", "base:\n  noise: {parity: {all: true}}"),
    "resources": f"{GOOD}resources: {{gpus: auto}}\nbudget: {{store_bytes: 20 GB}}\n",
}


@pytest.mark.parametrize("name", FORMS)
def test_every_form_of_a_file_keeps_to_it(name: str) -> None:
    assert faults(yaml.safe_load(FORMS[name])) == []


CAUGHT = ["a misspelt key", "a misspelt setting", "a misspelt path", "a misspelt preset"]
CAUGHT += [
    "a misspelt key of a range",
    "a misspelt sampler",
    "no trials",
    "a bare list",
    "no radii",
]
CAUGHT += ["nothing to optimise", "a seed twice", "no cores", "no choices"]


@pytest.mark.parametrize("name", CAUGHT)
def test_slips_are_found_while_they_are_written(name: str) -> None:
    mistake = MISTAKES[name]
    assert faults(yaml.safe_load(GOOD.replace(mistake.old, mistake.new)))


def test_a_searched_setting_says_what_it_is_and_in_which_unit() -> None:
    described = SCHEMA["properties"]["search"]["properties"]
    assert "in 1/255" in described["noise.radius"]["description"]
    assert "K: signed steps" in described["noise.steps"]["description"]
    assert SCHEMA["properties"]["preset"]["enum"] == ["cifar10", "imagenet-subset", "quick"]
