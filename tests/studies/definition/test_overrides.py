"""A study at another scale: its file with some things said otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from sem_ray.errors import BadInput
from sem_ray.studies.definition.overrides import StudyOverrides
from sem_ray.studies.definition.study_file import read_study
from sem_ray.studies.definition.study_spec import StudySpec
from tests.studies.fakes import tree


def read(folder: Path, changes: StudyOverrides, **settings: Any) -> StudySpec:
    file = folder / "study.yaml"
    file.write_text(yaml.safe_dump(tree(**settings)))
    return read_study(file, changes)


def test_a_setting_is_the_same_for_all_configurations(tmp_path: Path) -> None:
    found = read(tmp_path, StudyOverrides(settings=("victim.steps=7", "seed=3")))
    spec = found.experiment({"noise.steps": 2, "noise.radius": 8})
    assert (spec.victim.steps, spec.seed, spec.noise.radius) == (7, 3, 8)


def test_a_setting_that_is_searched_or_derived_is_fixed(tmp_path: Path) -> None:
    changes = StudyOverrides(settings=("noise.radius=12", "surrogate.radius=1"))
    found = read(tmp_path, changes, derived={"surrogate.radius": "noise.radius / 4"})
    assert list(found.search) == ["noise.steps"] and not found.derived
    spec = found.experiment({"noise.steps": 2})
    assert (spec.noise.radius, spec.surrogate.radius) == (12, 1)


def test_name_preset_and_budget_take_the_place_of_the_files(tmp_path: Path) -> None:
    changes = StudyOverrides("other", "cifar10", budget={"hours": 2.0})
    found = read(tmp_path, changes, budget={"hours": 1, "passes": 5})
    assert (found.name, found.preset) == ("other", "cifar10")
    assert (found.budget.hours, found.budget.passes) == (2, 5)


def test_without_changes_the_file_is_what_it_was(tmp_path: Path) -> None:
    assert read(tmp_path, StudyOverrides()) == read_study(tmp_path / "study.yaml")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (("victim.stepz=7",), "did you mean"),
        (("victim.steps",), "not of the form path=value"),
        (("noise.steps=1", "noise.radius=8"), "leaves nothing to search"),
    ],
)
def test_changes_that_cannot_be_meant_are_refused(
    tmp_path: Path, settings: tuple[str, ...], message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        read(tmp_path, StudyOverrides(settings=settings))
