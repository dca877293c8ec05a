"""What a study found carries over to other images, and nothing of which images it looked at."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from sem_ray.api.run_options import RunOptions
from sem_ray.api.settings import resolve
from sem_ray.errors import BadInput
from sem_ray.methods import METHODS, noise_identity
from sem_ray.spec import ExperimentSpec
from sem_ray.spec.data import DataSpec
from sem_ray.spec.identity import victim_identity
from sem_ray.spec.reading import preset, presets
from sem_ray.studies.definition.configuration import configuration, shortest

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


@pytest.mark.parametrize("name", presets())
@pytest.mark.parametrize("method", METHODS)
def test_the_short_form_is_read_as_the_same_configuration(
    tmp_path: Path, name: str, method: str
) -> None:
    spec = ExperimentSpec.model_validate(preset(name))
    changed = spec.noise.model_copy(update={"method": method, "radius": 12.0})
    victim = spec.victim.model_copy(update={"radii": (0.0, 1.0), "momentum": 0.5})
    spec = spec.model_copy(update={"noise": changed, "victim": victim, "seed": 7})
    short = shortest(spec)
    assert short["preset"] == name and set(short) <= {"preset", "noise", "victim", "seed"}
    assert short["victim"] == {"radii": [0.0, 1.0], "momentum": 0.5}
    (tmp_path / "best.yaml").write_text(yaml.safe_dump(short))
    again = resolve("digits", RunOptions(config=tmp_path / "best.yaml"))
    assert configuration(again) == configuration(spec)


def test_a_group_of_another_kind_is_there_whole(tmp_path: Path) -> None:
    spec = ExperimentSpec.model_validate(
        {**QUICK, "augmentation": {"kind": "resized_crop", "size": 64}}
    )
    short = shortest(spec)
    assert short["augmentation"] == configuration(spec)["augmentation"]
    (tmp_path / "best.yaml").write_text(yaml.safe_dump(short))
    again = resolve("digits", RunOptions(config=tmp_path / "best.yaml"))
    assert configuration(again) == configuration(spec)


def test_a_file_may_name_its_preset(tmp_path: Path) -> None:
    file = tmp_path / "best.yaml"
    file.write_text("preset: quick\n")
    assert resolve("digits", RunOptions(config=file)) == resolve("digits", RunOptions())
    with pytest.raises(
        BadInput, match=r"best.yaml:1:1.*stands on quick, and --preset says cifar10"
    ):
        resolve("digits", RunOptions(config=file, preset="cifar10"))
    file.write_text("preset: quik\nseed: 3\n")
    with pytest.raises(BadInput, match=r"best.yaml:1:1.*no preset 'quik'; known: cifar10"):
        resolve("digits", RunOptions(config=file))
