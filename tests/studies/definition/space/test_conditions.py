"""A setting is searched in the trials that fulfil its condition, and in no other."""

from __future__ import annotations

from typing import Any

import optuna
import pytest

from sem_ray.errors import BadInput
from sem_ray.studies.definition.space.conditions import is_active, is_whole, parents_first, reaching
from sem_ray.studies.definition.space.distributions import Values
from sem_ray.studies.definition.study_spec import StudySpec
from sem_ray.studies.dry_run import proposals
from tests.studies.fakes import study

SEARCH: dict[str, dict[str, Any]] = {
    "noise.tap.steps": {"low": 1, "high": 3, "when": {"noise.method": "tap"}},
    "noise.method": {"choices": ["sem", "rem", "tap"]},
    "noise.steps": {"choices": [1, 2], "when": {"noise.method": ["sem", "rem"]}},
    "noise.samples": {"choices": [1, 2], "when": {"noise.steps": 2, "noise.method": "sem"}},
}


def conditional(**changes: Any) -> StudySpec:
    return study(**{"search": SEARCH, **changes})


def test_parents_come_before_their_children() -> None:
    assert parents_first(conditional().search) == (
        "noise.method",
        "noise.tap.steps",
        "noise.steps",
        "noise.samples",
    )


@pytest.mark.parametrize("sampler", ["tpe", "random", "qmc", "grid"])
def test_every_sampler_proposes_active_settings_and_no_others(sampler: str) -> None:
    spec = conditional(sampler={"name": sampler}, trials=9)
    found = proposals(spec, 9)
    assert {values["noise.method"] for values in found} == {"sem", "rem", "tap"}
    for values in found:
        assert is_whole(spec.search, values)
        spec.experiment(values)


def test_a_grid_has_each_combination_of_active_settings_once() -> None:
    found = proposals(conditional(sampler={"name": "grid"}), 8)
    assert conditional(sampler={"name": "grid"}).grid_size == 8
    assert {frozenset(values.items()) for values in found} == {
        frozenset({"noise.method": method, **rest}.items())
        for method, rests in {
            "sem": [
                {"noise.steps": 1},
                {"noise.steps": 2, "noise.samples": 1},
                {"noise.steps": 2, "noise.samples": 2},
            ],
            "rem": [{"noise.steps": 1}, {"noise.steps": 2}],
            "tap": [{"noise.tap.steps": steps} for steps in (1, 2, 3)],
        }.items()
        for rest in rests
    }


def test_what_is_not_searched_is_as_the_base_gives_it() -> None:
    spec = conditional(base={"noise": {"steps": 7}})
    assert spec.experiment({"noise.method": "tap"}).noise.alternating.steps == 7


def test_a_setting_is_reached_with_the_first_values_that_its_parents_may_have() -> None:
    space = conditional().search
    reached = {"noise.method": "sem", "noise.steps": 2, "noise.samples": 1}
    assert reaching(space, {"noise.samples": 1}) == reached
    assert reaching(space, {"noise.samples": 1, "noise.steps": 1}) is None
    assert reaching(space, {"noise.steps": 1, "noise.method": "tap"}) is None


def test_the_kind_of_a_group_is_set_before_what_is_in_it() -> None:
    spec = conditional(
        base={"augmentation": {"kind": "resized_crop", "size": 8}},
        search={
            "augmentation.padding": {"choices": [1, 2], "when": {"augmentation.kind": "crop_flip"}},
            "augmentation.kind": {"choices": ["resized_crop", "crop_flip"]},
        },
    )
    found = spec.experiment({"augmentation.padding": 2, "augmentation.kind": "crop_flip"})
    assert found.augmentation.model_dump() == {"kind": "crop_flip", "padding": 2, "flip": True}


def test_lists_and_mappings_are_choices_and_conditions_like_any_other() -> None:
    spec = conditional(
        search={
            "victim.radii": {"choices": [[0, 4], [4]]},
            "augmentation": {"choices": [{"kind": "crop_flip", "padding": 1}]},
            "noise.steps": {"choices": [3], "when": {"victim.radii": [[4]]}},
        }
    )
    whole: Values = {"victim.radii": "[4]", "augmentation": '{"kind": "crop_flip", "padding": 1}'}
    assert spec.experiment(whole).victim.radii == (4,)
    assert is_active(spec.search["noise.steps"], whole)
    assert not is_active(spec.search["noise.steps"], {**whole, "victim.radii": "[0, 4]"})
    assert StudySpec.model_validate_json(spec.model_dump_json()).search == spec.search


def test_a_sampler_that_learns_does_so_in_a_conditional_space() -> None:
    spec = conditional(sampler={"name": "tpe", "startup_trials": 5})
    assert len(proposals(spec, 12)) == 12


def test_optuna_holds_the_values_of_active_settings_only() -> None:
    spec = conditional()
    for values in proposals(spec, 6):
        trial = optuna.trial.create_trial(
            value=1.0,
            params=values,
            distributions={path: spec.search[path].optuna() for path in values},
        )
        assert trial.params == values


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "missing": (
        {"noise.steps": {"choices": [1], "when": {"noise.methd": "sem"}}},
        "search.noise.steps: noise.methd is not searched (did you mean noise.method?)",
    ),
    "never": (
        {"noise.steps": {"choices": [1], "when": {"noise.method": "tip"}}},
        "search.noise.steps: noise.method is never 'tip'; it may be sem | rem | tap",
    ),
    "itself": (
        {"noise.steps": {"choices": [1], "when": {"noise.steps": 1}}},
        "search.noise.steps: conditions go in a circle (noise.steps → noise.steps)",
    ),
    "circle": (
        {
            "noise.steps": {"choices": [1], "when": {"noise.radius": 8}},
            "noise.radius": {"choices": [8], "when": {"noise.steps": 1}},
        },
        "conditions go in a circle (",
    ),
    "contradiction": (
        {
            "noise.radius": {"choices": [8], "when": {"noise.method": "tap"}},
            "noise.samples": {"choices": [1], "when": {"noise.radius": 8, "noise.method": "sem"}},
        },
        "search.noise.samples: no trial fulfils it",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_conditions_that_cannot_be_meant_are_refused(case: str) -> None:
    changes, message = REFUSED[case]
    with pytest.raises(BadInput) as caught:
        conditional(search={"noise.method": SEARCH["noise.method"], **changes})
    assert message in str(caught.value)


def test_pairs_that_exclude_each_other_are_refused_with_the_way_out() -> None:
    search: dict[str, dict[str, Any]] = {
        "augmentation.kind": {"choices": ["crop_flip", "resized_crop"]},
        "augmentation.padding": {"choices": [0, 2]},
    }
    with pytest.raises(BadInput, match=r"crop and augmentation\.padding 0 exclude") as c:
        conditional(search=search)
    assert "give augmentation.padding a condition" in str(c.value)
    when = {"when": {"augmentation.kind": "crop_flip"}}
    search["augmentation.padding"] |= when
    assert conditional(search=search).grid_size == 3
