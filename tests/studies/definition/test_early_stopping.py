"""Where a trial's rungs are."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from sem_ray.studies.definition.early_stopping import EarlyStoppingSpec


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
