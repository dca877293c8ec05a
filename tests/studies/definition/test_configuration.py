"""What a study found carries over to other images, and nothing of which images it looked at."""

from __future__ import annotations

import pytest

from sem_ray.api.run_options import RunOptions
from sem_ray.api.settings import resolve
from sem_ray.methods import METHODS, noise_identity
from sem_ray.spec import ExperimentSpec
from sem_ray.spec.data import DataSpec
from sem_ray.spec.identity import victim_identity
from sem_ray.spec.reading import preset
from sem_ray.studies.definition.configuration import configuration

QUICK = preset("quick")
PART = {"source": "faces", "limit": 200, "test_limit": 40, "classes": 3, "seed": 9}


def experiment(method: str, **data: object) -> ExperimentSpec:
    changes = {"noise": {**QUICK["noise"], "method": method}, "data": data, "seed": 4}
    return ExperimentSpec.model_validate({**QUICK, **changes})


def test_limits_classes_subset_and_source_stay_behind() -> None:
    kept = configuration(experiment("sem", **PART))
    assert "data" not in kept
    whole = resolve("digits", RunOptions(settings=kept))
    assert whole.data == DataSpec(source="digits")


def test_the_form_that_images_were_brought_to_goes_along() -> None:
    kept = configuration(experiment("sem", resize=32, channels=1, **PART))
    assert kept["data"] == {"resize": 32, "channels": 1}


@pytest.mark.parametrize("method", METHODS)
def test_it_gives_the_same_noise_and_victims_on_the_same_images(method: str) -> None:
    spec = experiment(method, **PART)
    again = ExperimentSpec.model_validate({**configuration(spec), "data": PART})
    assert noise_identity(again, "x") == noise_identity(spec, "x")
    assert victim_identity(again, "x", "y", "z", 4) == victim_identity(spec, "x", "y", "z", 4)


def test_settings_of_other_methods_stay_behind() -> None:
    noise = configuration(experiment("em"))["noise"]
    assert noise["em"] == QUICK["noise"]["em"] | noise["em"]
    assert not {"tap", "shortcut", "ntga"} & noise.keys()
