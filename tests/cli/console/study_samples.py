"""Studies to be shown: measurements, trials, how they stand."""

from __future__ import annotations

from typing import Any

from sem_ray.metrics.measurement import (
    CLEAN_ACCURACY,
    GENERATION_SECONDS,
    TEST_ACCURACY,
    VICTIM_SECONDS,
    Measurement,
)
from sem_ray.spec import ExperimentSpec
from sem_ray.spec.reading import preset
from sem_ray.studies.definition.objective import Objective
from sem_ray.studies.queries import RowState, StudyStatus, TrialRow

SPEC = ExperimentSpec.model_validate(preset("quick"))


OBJECTIVES = (Objective(metric="test_accuracy_at_4"),)


def measured(**changes: float) -> tuple[Measurement, ...]:
    found = (
        Measurement(name=TEST_ACCURACY, radius=0, value=32.44, unit="%"),
        Measurement(name=TEST_ACCURACY, radius=4, value=60.6, unit="%"),
        Measurement(name=CLEAN_ACCURACY, radius=0, value=98.2, unit="%"),
        Measurement(name=CLEAN_ACCURACY, radius=4, value=100.0, unit="%"),
        Measurement(name=GENERATION_SECONDS, value=46.25, unit="s"),
        Measurement(name=VICTIM_SECONDS, value=33.0, unit="s"),
    )
    return tuple(m.model_copy(update={"value": changes.get(m.key, m.value)}) for m in found)


VALUES = {
    "noise.steps": 3,
    "noise.step_size": 11.53456,
    "noise.perturbation_scale": 0.317345,
    "noise.radius": 16,
    "surrogate.radius": 2,
}
"""What the embedded study searches."""


def row(number: int, state: RowState = "complete", **changes: Any) -> TrialRow:
    done = state == "complete"
    facts: dict[str, Any] = {
        "values": VALUES,
        "value": 60.6 if done else None,
        "measurements": measured() if done else (),
        "error": None,
        "seconds": 77.4 if done else None,
        "configuration": number,
        "seed": 0,
    }
    return TrialRow(number, state, **{**facts, **changes})


def status(*rows: TrialRow) -> StudyStatus:
    return StudyStatus("quick", OBJECTIVES, 8, False, rows)
