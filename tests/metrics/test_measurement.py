"""One record of what was measured, and the one name it goes by."""

from __future__ import annotations

import math

import pytest
from mlflow.utils.validation import _validate_metric_name
from pydantic import ValidationError

from sem_ray.metrics.measurement import (
    TEST_ACCURACY,
    Measurement,
    current_key,
    means,
    metric_key,
)


def accuracy(value: float, radius: float | None = 4, **facts: object) -> Measurement:
    tree = {"name": TEST_ACCURACY, "value": value, "unit": "%", "radius": radius, **facts}
    return Measurement.model_validate(tree)


@pytest.mark.parametrize(
    ("facts", "key"),
    [
        ({"radius": 4}, "test_accuracy_at_4"),
        ({"radius": 0}, "test_accuracy_at_0"),
        ({"radius": 0.5}, "test_accuracy_at_0.5"),
        ({"radius": None}, "test_accuracy"),
        ({"network": "resnet18", "seed": 3}, "test_accuracy_at_4"),
        ({"countermeasure": "jpeg-10"}, "test_accuracy_at_4_after_jpeg-10"),
    ],
)
def test_its_key_is_one_that_mlflow_takes(facts: dict[str, object], key: str) -> None:
    assert accuracy(50.0, **facts).key == key  # type: ignore[arg-type]
    _validate_metric_name(key)


def test_earlier_spellings_mean_the_same_key() -> None:
    for name in ("test_accuracy@0.5", "test_accuracy_at_0.5"):
        assert current_key(name) == metric_key(TEST_ACCURACY, 0.5)
    assert current_key("victim_seconds") == "victim_seconds"


def test_replicates_are_summed_up_by_their_mean_and_one_value_is_itself() -> None:
    assert means([accuracy(0.1)]) == {"test_accuracy_at_4": 0.1}
    several = [accuracy(50.0, seed=0), accuracy(60.0, seed=1), accuracy(10.0, radius=0)]
    assert means(several) == {"test_accuracy_at_4": 55.0, "test_accuracy_at_0": 10.0}


def test_it_survives_json_and_a_value_that_is_no_number() -> None:
    found = accuracy(float("nan"), network="small", seed=1)
    again = Measurement.model_validate(found.model_dump())
    assert math.isnan(again.value)
    assert again.model_copy(update={"value": 0.0}) == found.model_copy(update={"value": 0.0})


def test_it_cannot_be_changed_or_hold_what_it_does_not_know() -> None:
    with pytest.raises(ValidationError):
        accuracy(1.0, colour="red")
    with pytest.raises(ValidationError):
        accuracy(1.0).value = 2.0  # type: ignore[misc]
