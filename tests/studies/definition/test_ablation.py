"""What a study file may say of an ablation, and how its mistakes are told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from sem_ray.errors import BadInput
from sem_ray.studies.ablation.design import Design
from sem_ray.studies.definition.study_file import read_study
from sem_ray.studies.definition.study_spec import StudySpec
from tests.studies import fakes

TWO = {"noise.steps": {"choices": [5, 1]}, "noise.radius": {"choices": [8, 16]}}
THREE = {**TWO, "noise.step_size": {"choices": [4.0, 8.0]}}


def ablation(search: dict[str, Any] | None = None, **changes: Any) -> StudySpec:
    usual = {"design": "ablation", "search": search or TWO, "seeds": [0, 1, 2]}
    return fakes.study(**{**usual, **changes})


def design(**changes: Any) -> Design:
    found = ablation(**changes).ablation_design
    assert found is not None
    return found


def test_a_search_has_no_design() -> None:
    assert fakes.study().ablation_design is None


def test_the_baseline_is_the_first_value_listed_unless_it_is_named() -> None:
    assert design().baseline == {"noise.steps": 5, "noise.radius": 8}
    named = design(ablation={"baseline": {"noise.radius": 16}})
    assert named.baseline == {"noise.steps": 5, "noise.radius": 16}
    assert named.values(1) == {"noise.steps": 5, "noise.radius": 8}


def test_its_length_follows_from_the_design() -> None:
    assert ablation().trials == 3
    assert ablation(ablation={"kind": "factorial"}).trials == 4
    assert ablation(search=THREE, ablation={"kind": "factorial"}).trials == 8
    fraction = {"kind": "fractional", "resolution": 3}
    assert ablation(search=THREE, ablation=fraction).trials == 4


def test_every_configuration_has_the_same_seeds_and_none_has_more() -> None:
    each = ablation().runs_each
    assert (each.min, each.max, each.confirm, each.seeds) == (3, 3, 0, (0, 1, 2))


def test_the_order_in_which_settings_are_written_changes_nothing() -> None:
    backwards = dict(reversed(THREE.items()))
    fraction = {"kind": "fractional", "resolution": 3}
    assert design(search=THREE, ablation=fraction) == design(search=backwards, ablation=fraction)


def test_a_range_with_steps_is_a_factor_too() -> None:
    found = design(search={"noise.steps": {"low": 1, "high": 3}})
    assert found.factors[0].levels == (1, 2, 3)


def test_generators_of_a_fraction() -> None:
    given = {"kind": "fractional", "generators": {"noise.step_size": [*TWO]}}
    found = design(search=THREE, ablation=given)
    assert found.points == ((0, 0, 0), (0, 1, 1), (1, 1, 0), (1, 0, 1))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ablation": {"baseline": {"noise.stepz": 1}}}, "noise.stepz.*did you mean noise.steps"),
        ({"ablation": {"baseline": {"noise.steps": 2}}}, "2 is not among the values"),
        ({"ablation": {"kind": "one-faktor"}}, "ablation.kind"),
        ({"ablation": {"resolution": 4}}, "kind: fractional"),
        ({"ablation": {"kind": "fractional", "resolution": 2}}, "resolution"),
        ({"search": {"noise.steps": {"choices": [1]}}}, "search: noise.steps: .*another value"),
        ({"search": {"noise.step_size": {"low": 1.0, "high": 9.0}}}, "another value"),
        (
            {"search": {"noise.steps": {"low": 1, "high": 3}}, "ablation": {"kind": "fractional"}},
            "settings of two values, got 3",
        ),
        (
            {"ablation": {"kind": "fractional", "generators": {"noise.steps": ["noise.steps"]}}},
            "can stand here",
        ),
        (
            {"ablation": {"kind": "fractional", "generators": {"noise.steps": ["noise.radius"]}}},
            "resolution 2",
        ),
        ({"search": {"noise.steps": {"low": 1, "high": 2000}}}, "2,000 configurations"),
        ({"sampler": {"name": "tpe"}}, "sampler"),
        ({"trials": 4}, "trials"),
        ({"seeds": None}, "seeds"),
        ({"seeds": None, "replicates": {"min": 2, "max": 5}}, "seeds"),
        ({"design": "search", "ablation": {"kind": "factorial"}}, "design: ablation"),
        ({"design": "ablations"}, "design"),
    ],
)
def test_mistakes_are_told(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInput, match=f"(?s)test.yaml.*{words}"):
        ablation(**changes)


def test_a_mistake_names_its_line(tmp_path: Path) -> None:
    tree = fakes.tree(
        design="ablation", search=TWO, seeds=[0, 1], ablation={"baseline": {"noise.steps": 2}}
    )
    file = tmp_path / "ablation.yaml"
    file.write_text(yaml.safe_dump(tree, sort_keys=False))
    line = 1 + file.read_text().splitlines().index("    noise.steps: 2")
    with pytest.raises(BadInput, match=rf"ablation.yaml:{line}:5: ablation.baseline: noise.steps"):
        read_study(file)


def test_configurations_that_are_no_experiments_are_told_before_anything_runs() -> None:
    """A resized crop has no padding, which every configuration sets."""
    search = {
        "augmentation.kind": {"choices": ["crop_flip", "resized_crop"]},
        "augmentation.padding": {"choices": [4, 2]},
    }
    with pytest.raises(BadInput, match=r"resized_crop.* do not go together \(.*padding"):
        ablation(search=search, preset=None, base={"augmentation": {"kind": "crop_flip"}})
