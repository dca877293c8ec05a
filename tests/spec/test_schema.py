"""The schema of experiments names the settings that an experiment has, and no others."""

from __future__ import annotations

import jsonschema
import pytest

from sem_ray.errors import BadInput
from sem_ray.spec import ExperimentSpec
from sem_ray.spec.reading import nested, preset, presets
from sem_ray.spec.schema import experiment_schema, setting_paths
from sem_ray.spec.validation import validated


def test_presets_keep_to_it() -> None:
    validator = jsonschema.Draft202012Validator(experiment_schema())
    for name in presets():
        assert not list(validator.iter_errors(preset(name)))


@pytest.mark.parametrize("path", setting_paths())
def test_every_path_is_one_of_a_setting(path: str) -> None:
    tree = nested(path, "no value of any setting")
    kinds = {"size", "scale", "ratio"}
    if path.rpartition(".")[2] in kinds:
        tree["augmentation"]["kind"] = "resized_crop"
    try:
        validated(ExperimentSpec, tree, "here")
    except BadInput as error:
        assert "unknown key" not in str(error)


def test_settings_of_sem_stand_beside_their_neighbours() -> None:
    paths = setting_paths()
    assert {"noise.steps", "noise.radius", "noise.em.steps", "victim.radii"} <= paths.keys()
    assert not any("alternating" in path for path in paths)
