"""Measurements of a study to be shown."""

from __future__ import annotations

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
