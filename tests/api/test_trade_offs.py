"""The front of a study that was swept, as a caller and as a shell get it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from sem_ray import api
from sem_ray.cli.main import run
from sem_ray.errors import BadInput
from sem_ray.store import Store
from sem_ray.studies.run.sweep import run_sweep
from tests.studies.fakes import METRIC, instant, study
from tests.studies.run.in_process import InProcess


@pytest.fixture
def swept(tmp_path: Path) -> Path:
    """Six configurations with two seeds; accuracies differ and nothing else."""
    spec = study(
        objectives=[{"metric": METRIC}, {"metric": "generation_seconds"}],
        sampler={"name": "nsga2", "population": 3},
        trials=6,
        seeds=[0, 1],
    )
    root = tmp_path / "store"
    run_sweep(spec, Store.open(root), experiment=instant, backend=InProcess())
    return root


def test_the_front_of_a_swept_study_with_its_picture(swept: Path, tmp_path: Path) -> None:
    found = api.pareto("tiny", store=swept, plot=tmp_path / "front.png")
    best = min(point.estimates[METRIC].value for point in found.points)
    assert {point.estimates[METRIC].value for point in found.front} == {best}
    assert all(point.standing == "dominated" for point in found.points[len(found.front) :])
    with Image.open(tmp_path / "front.png") as picture:
        assert picture.size == (1280, 960)


def test_a_shell_gets_json_or_a_plot(swept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["pareto", "tiny", "--store", str(swept)]
    assert run([*command, "--reference", "90", "--reference", "1", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["reference"] == {METRIC: 90, "generation_seconds": 1}
    assert printed["hypervolume"] > 0
    assert run(command) == 0
    shown = capsys.readouterr()
    assert "●" in shown.out and "hypervolume" in shown.err
    assert run([*command, "--reference", "90"]) == 2
    assert "2 objectives" in capsys.readouterr().err


def test_a_picture_of_another_kind_is_refused_before_any_reading(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"front\.svg is no PNG file"):
        api.pareto("tiny", plot=tmp_path / "front.svg", store=tmp_path / "no store")
