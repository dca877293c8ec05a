"""Each stage is made once: by trials of one study, of two at once, and on two machines."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sem_ray.pipeline.stages import Fingerprints, StageCounts, stages_of
from sem_ray.store import Store
from sem_ray.studies.journal.storage import load_study
from sem_ray.studies.run.sweep import run_sweep
from tests.studies.fakes import study
from tests.studies.run.in_process import InProcess
from tests.studies.run.marking import MARKS, marking, marks

METHODS = ["sem", "rem", "em", "tap", "ntga", "shortcut"]
FEW_STEPS: dict[str, Any] = {
    "em": {"loops": 1, "train_steps": 1, "steps": 1},
    "tap": {"epochs": 1, "steps": 1, "restarts": 1},
    "ntga": {"steps": 1},
    "steps": 1,
}


@pytest.fixture
def marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(MARKS, str(tmp_path / "marks"))
    return tmp_path / "marks"


def artifacts(store: Path, kind: str) -> int:
    return len(list((store / kind).iterdir()))


def test_six_methods_and_their_victims_are_as_many_artifacts_as_planned(
    store: Store, marked: Path
) -> None:
    spec = study(
        name="methods",
        base={"noise": FEW_STEPS, "victim": {"radii": [0, 2, 4]}},
        search={
            "noise.method": {"choices": METHODS},
            "victim.learning_rate": {"choices": [0.05, 0.1]},
        },
        sampler={"name": "grid"},
        trials=12,
    )
    result = run_sweep(spec, store, experiment=marking, backend=InProcess())
    assert result.ok and result.complete == 12
    trials = load_study(store, "methods").study.trials
    planned = StageCounts.of(
        stages_of(experiment, Fingerprints.unread(experiment.data))
        for experiment in (spec.experiment(trial.params) for trial in trials)
    )
    assert (planned.generations, planned.victims) == (6, 42)
    assert artifacts(store.root, "noise") == planned.generations
    assert artifacts(store.root, "victim") == planned.victims
    assert artifacts(store.root, "surrogate") == len({"sem", "rem", "tap"})
    made = marks(marked)
    assert len(made) == len(set(made)) == planned.generations + planned.victims


@pytest.mark.parametrize("where", [(), pytest.param(("--ray",), marks=pytest.mark.long)])
def test_two_sweeps_at_once_make_each_shared_stage_once(
    store: Store, marked: Path, where: tuple[str, ...]
) -> None:
    words = [sys.executable, "-m", "tests.studies.run.sharing_driver", str(store.root)]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    sweeps = [
        subprocess.Popen([*words, name, *rates, *where], **pipes)
        for name, rates in (("one", ("0.05", "0.1")), ("two", ("0.1", "0.2")))
    ]
    for sweep in sweeps:
        assert sweep.stdout is not None and sweep.stdout.readline() == "ready\n"
    for sweep in sweeps:
        assert sweep.stdin is not None
        print(file=sweep.stdin, flush=True)
    said = [sweep.communicate(timeout=200)[0] for sweep in sweeps]
    assert said == ["finished 2 of 2, 0 failed\n"] * 2
    made = marks(marked)
    rates, radii, sides = 3, 2, 2
    assert len(made) == len(set(made)) == 1 + rates * radii * sides
    assert artifacts(store.root, "noise") == 1
    assert artifacts(store.root, "victim") == rates * radii * sides


@pytest.mark.long
@pytest.mark.timeout(600)
def test_two_machines_with_stores_of_their_own_share_through_the_one_behind_them(
    tmp_path: Path, marked: Path
) -> None:
    words = [sys.executable, "-m", "tests.studies.run.two_machines", str(tmp_path)]
    ran = subprocess.run(words, check=False, capture_output=True, text=True, timeout=550)
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout.splitlines()[-1])
    assert found["ended"] == [4, 4, 0]
    assert found["results"] == found["alone"], "as on one device"
    _assert_each_node_worked(found["places"])
    made = marks(marked)
    assert len(made) == len(set(made)) == 2 + 2 * 2 * 2 + 2 * 2, "noises, protected, clean"
    _assert_noise_came_from_the_other_node(tmp_path)
    left = sorted(item.name for item in (tmp_path / "driver").iterdir())
    assert left == ["locks", "mlflow.db", "studies"], "the study and its record, no artifact"


def _assert_each_node_worked(places: dict[str, Any]) -> None:
    """The first and last trial on one node, the two between on the other, the actors of each on
    both."""
    stores = [places[trial]["store"] for trial in ("8-0.05", "16-0.1", "8-0.1", "16-0.05")]
    one, other = stores[:2]
    assert {one, other} == {"first", "second"} and stores == [one, other, other, one]
    nodes = {place["store"]: place["node"] for place in places.values()}
    assert len(set(nodes.values())) == 2
    for place in places.values():
        assert place["node"] == nodes[place["store"]]
        assert sorted(place["actors"]) == sorted(nodes.values())


def _assert_noise_came_from_the_other_node(folder: Path) -> None:
    """Each noise was made once, and lies in both nodes' stores; nobody else needed a victim."""
    first, second, shared = (folder / name for name in ("first", "second", "shared"))
    assert names(first, "noise") == names(second, "noise") == names(shared, "noise")
    assert artifacts(shared, "noise") == 2
    assert (artifacts(first, "victim"), artifacts(second, "victim")) == (6, 6)
    assert names(first, "victim") | names(second, "victim") == names(shared, "victim")
    assert artifacts(shared, "victim") == 6 + 6


def names(store: Path, kind: str) -> set[str]:
    return {folder.name for folder in (store / kind).iterdir()}
