"""`sem-ray ablation` gives a study's answer in every form."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from sem_ray.cli.main import run
from sem_ray.store import Store
from sem_ray.studies.run.sweep import run_sweep
from tests.studies import fakes
from tests.studies.run.in_process import InProcess


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One with an ablation that ran."""
    root = tmp_path_factory.mktemp("ablated")
    search = {"noise.steps": {"choices": [5, 1]}, "noise.radius": {"choices": [16, 8]}}
    spec = fakes.study(design="ablation", search=search, seeds=[1, 2, 3])
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        run_sweep(spec, Store(root), experiment=fakes.instant, backend=InProcess())
    yield str(root)


def test_the_table_goes_to_stdout(store: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ablation", "tiny", "--store", store]) == 0
    out, err = capsys.readouterr()
    assert "noise.radius 16 → 8" in out and "+16.0" in out and "<0.001" in out
    assert "3 seeds only large effects" in err


@pytest.mark.parametrize(
    ("form", "words"), [("markdown", "| noise.steps 5 → 1 |"), ("latex", r"\toprule")]
)
def test_other_forms(store: str, form: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ablation", "tiny", "--store", store, "--format", form]) == 0
    assert words in capsys.readouterr().out


def test_json_is_one_object_with_every_number(
    store: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["ablation", "tiny", "--store", store, "--json", "--metric", "test_accuracy_at_0"]
    assert run(words) == 0
    found = json.loads(capsys.readouterr().out)
    assert [m["metric"] for m in found["metrics"]] == ["test_accuracy_at_0"]
    effect = found["metrics"][0]["effects"][0]
    assert effect["changes"] == [{"path": "noise.radius", "before": 16, "after": 8}]
    assert effect["paired"]["value"] == 16 and effect["paired"]["t_interval"] == [16, 16]
    assert effect["paired"]["effect_size"] is None and effect["holm_p"] == 0


def test_files_for_text_and_figure(
    store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text, figure = tmp_path / "effects.csv", tmp_path / "effects.png"
    words = ["ablation", "tiny", "--store", store, "--out", str(text), "--plot", str(figure)]
    assert run(words) == 0 and capsys.readouterr().out == ""
    read = list(csv.DictReader(text.open(encoding="utf-8")))
    assert [float(row["effect"]) for row in read] == [16, -4]
    with Image.open(figure) as image:
        assert image.format == "PNG"


def test_what_cannot_be_answered_is_bad_input(
    store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["ablation", "tiny", "--store", store, "--metric", "accuracy"]) == 2
    assert "no measurement 'accuracy'" in capsys.readouterr().err
    assert run(["ablation", "tiny", "--store", store, "--plot", str(tmp_path / "a.pdf")]) == 2
    assert "as PNG" in capsys.readouterr().err
