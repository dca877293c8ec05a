"""Where a trial's rungs are."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from sem_ray.errors import BadInput
from sem_ray.studies.definition.early_stopping import EarlyStoppingSpec
from sem_ray.studies.journal.agreement import definition
from tests.studies.fakes import METRIC, study


def test_a_rung_is_a_fraction_of_the_steps_and_at_least_the_first() -> None:
    spec = EarlyStoppingSpec(rungs=(0.25, 0.5), victim_steps=0.1)
    assert [spec.step_of(rung, 200) for rung in (0, 1)] == [50, 100]
    assert [spec.step_of(rung, 1) for rung in (0, 1)] == [1, 1]
    assert (spec.short(200), spec.short(3)) == (20, 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"rungs": []},
        {"rungs": [0.5, 0.25]},
        {"rungs": [0.5, 0.5]},
        {"rungs": [0]},
        {"rungs": [1]},
        {"scheduler": "hyperband"},
        {"reduction": 1},
        {"victim_steps": 0},
        {"startup": 0},
        {"rung": [0.5]},
    ],
)
def test_what_makes_no_sense_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        EarlyStoppingSpec.model_validate(changes)


def test_what_does_not_go_with_the_rest_of_the_study_is_refused_with_the_way_out() -> None:
    two = [{"metric": METRIC}, {"metric": "generation_seconds"}]
    with pytest.raises(BadInput, match=r"looks at one objective.*take pareto-asha"):
        study(objectives=two, early_stopping={"scheduler": "median"})
    study(objectives=two, early_stopping={"scheduler": "pareto-asha"})
    with pytest.raises(BadInput, match="clean_accuracy_at_0 is not measured at rungs"):
        study(objectives=[{"metric": "clean_accuracy_at_0"}], early_stopping={})


@pytest.mark.parametrize(
    "changes",
    [
        {"base": {"noise": {"method": "tap"}}},
        {"search": {"noise.method": {"choices": ["sem", "tap"]}}},
    ],
)
def test_a_method_without_steps_of_a_surrogate_has_rungs_of_the_victim_only(
    changes: dict[str, Any],
) -> None:
    with pytest.raises(BadInput, match=r"tap makes no noise before its end.*take stage: victim"):
        study(early_stopping={}, **changes)
    study(early_stopping={"stage": "victim"}, **changes)


def test_early_stopping_is_part_of_what_a_study_is() -> None:
    plain, early = study(), study(early_stopping={})
    assert "early_stopping" not in definition(plain)
    assert definition(early) != definition(study(early_stopping={"reduction": 2}))
