"""Studies that list their configurations, and those that begin with some."""

from __future__ import annotations

from typing import Any

import pytest

from sem_ray.errors import BadInput
from sem_ray.studies.definition.space.distributions import Values
from sem_ray.studies.definition.study_file import study_from
from sem_ray.studies.definition.study_spec import StudySpec
from sem_ray.studies.dry_run import proposals, target_of
from sem_ray.studies.samplers.registry import sampler_for
from sem_ray.studies.samplers.view import SamplerView
from tests.studies.fakes import study, tree

POINTS: list[dict[str, Any]] = [
    {"noise.method": "tap", "noise.tap.steps": 3},
    {"noise.method": "sem", "victim.radii": [0, 4]},
    {"noise.method": "sem", "victim.radii": [4]},
]
HELD: list[Values] = [
    {"noise.method": "tap", "noise.tap.steps": 3},
    {"noise.method": "sem", "victim.radii": "[0, 4]"},
    {"noise.method": "sem", "victim.radii": "[4]"},
]


def listed(**changes: Any) -> StudySpec:
    without = {key: value for key, value in tree().items() if key not in ("search", "trials")}
    return study_from({**without, "points": POINTS, **changes}, "test.yaml")


def test_exactly_the_listed_configurations_run_in_their_order() -> None:
    spec = listed()
    assert (spec.trials, spec.grid_size, target_of(spec, 10)) == (3, 3, 3)
    assert list(proposals(spec, 3)) == HELD
    assert [spec.experiment(values).noise.method for values in HELD] == ["tap", "sem", "sem"]
    assert spec.experiment(HELD[2]).victim.radii == (4,)


def test_a_listed_study_survives_json() -> None:
    again = StudySpec.model_validate_json(listed().resolved().model_dump_json())
    assert list(proposals(again, 3)) == HELD


def test_a_listed_configuration_that_failed_comes_again_after_the_others() -> None:
    spec = listed()
    view = SamplerView(spec, sampler_for(spec))
    assert view.propose() == HELD[0]
    view.fail(0)
    assert [view.propose() for _ in range(3)] == [HELD[1], HELD[2], HELD[0]]


def test_a_restart_goes_on_with_the_next_one() -> None:
    spec = listed()
    view = SamplerView(spec, sampler_for(spec))
    view.add(HELD[0])
    assert view.propose() == HELD[1]


def test_the_kind_of_a_listed_group_is_set_first() -> None:
    points = [{"augmentation.padding": 2, "augmentation.kind": "crop_flip"}]
    base = {"augmentation": {"kind": "resized_crop", "size": 8}, "victim": {"radii": [4]}}
    spec = listed(base=base, points=points)
    assert spec.experiment(points[0]).augmentation.kind == "crop_flip"


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "none": ({"points": []}, "points: needs a list of settings, as points: [{noise.radius: 8}"),
    "a mapping": ({"points": {"noise.radius": 8}}, "points: needs a list"),
    "no settings": ({"points": [8]}, "points: point 1 needs settings"),
    "search too": ({"search": {"noise.steps": {"low": 1, "high": 2}}}, "drop search, or points"),
    "a sampler": ({"sampler": {"name": "tpe"}}, "drop sampler, or points"),
    "twice": ({"points": [POINTS[0], POINTS[1], POINTS[0]]}, "point 3 is point 1 again"),
    "misspelt": ({"points": [{"noise.raduis": 8}]}, "unknown key noise.raduis (did you mean rad"),
    "no value": ({"points": [{"noise.radius": 0}]}, "points: noise.radius: Input should be"),
    "no method": ({"points": [{"noise.method": "tip"}]}, "no method 'tip' (did you mean tap?)"),
    "too many": ({"points": [{"noise.radius": 8}] * 1001}, "1,001 are more than 1,000"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_points_that_cannot_be_meant_are_refused(case: str) -> None:
    changes, message = REFUSED[case]
    with pytest.raises(BadInput) as caught:
        listed(**changes)
    assert message in str(caught.value)


SEARCH = {
    "noise.method": {"choices": ["sem", "tap"]},
    "noise.step_size": {"low": 1.0, "high": 4.0, "when": {"noise.method": "sem"}},
    "noise.steps": {"low": 1, "high": 3, "when": {"noise.method": "sem"}},
}
FIRST: list[dict[str, Any]] = [
    {"noise.method": "sem", "noise.step_size": 2, "noise.steps": 3},
    {"noise.method": "tap"},
]


@pytest.mark.parametrize("sampler", ["tpe", "random", "qmc"])
def test_enqueued_points_are_tried_first_and_the_sampler_fills_the_rest(sampler: str) -> None:
    changes = {"search": SEARCH, "sampler": {"name": sampler}}
    spec = study(enqueue=[*FIRST, {"noise.steps": 2, "noise.method": "sem"}], **changes)
    whole, other, part, *rest = proposals(spec, 5)
    assert (whole, other) == ({**FIRST[0], "noise.step_size": 2.0}, FIRST[1])
    assert isinstance(whole["noise.step_size"], float)
    assert part["noise.steps"] == 2 and 1.0 <= part["noise.step_size"] <= 4.0
    if sampler != "tpe":
        assert rest == list(proposals(study(**changes), 5))[3:]


def test_a_restart_does_not_try_them_again() -> None:
    spec = study(enqueue=FIRST, search=SEARCH)
    whole = proposals(spec, 3)
    view = SamplerView(spec, sampler_for(spec))
    view.add(whole[0])
    assert view.propose() == whole[1]


BAD_FIRST: dict[str, tuple[dict[str, Any], str]] = {
    "not searched": ({"noise.radius": 8}, "enqueue: noise.radius is not searched"),
    "outside": ({"noise.steps": 9}, "enqueue: noise.steps is never 9; it may be 1 … 3"),
    "inactive": ({"noise.method": "tap", "noise.steps": 1}, "enqueue: no trial searches noise.m"),
}


@pytest.mark.parametrize("case", BAD_FIRST)
def test_points_to_try_first_lie_in_the_space(case: str) -> None:
    point, message = BAD_FIRST[case]
    with pytest.raises(BadInput) as caught:
        study(search=SEARCH, enqueue=[FIRST[0], point])
    assert message in str(caught.value)
