"""A sweep as the real program: run, continued, asked for its best, and that protected with."""

from __future__ import annotations

from pathlib import Path

import yaml

import sem_ray
from sem_ray.spec import ExperimentSpec
from tests.studies.fakes import tree as study_tree
from tests.system.conftest import Command
from tests.system.program import run_program


def test_a_sweep_tells_one_object_is_continued_and_its_best_can_protect(
    here: Path, store: Path, command: Command
) -> None:
    (here / "study.yaml").write_text(yaml.safe_dump(study_tree(trials=2, concurrency=1)))
    swept = run_program("sweep", "study.yaml", "--json", cwd=here)
    assert swept.code == 0, swept.err
    found = swept.json()
    assert set(found) == {"sweep", "status", "best"}
    assert found["sweep"]["ok"] and found["status"]["complete"] == 2
    assert "trial 0 complete" in swept.err and "trial 1 complete" in swept.err
    again = command("sweep", "study.yaml", "--json")
    assert (again.code, again.err) == (0, "") and again.json()["best"] == found["best"]
    told = command("best", "tiny")
    number = found["best"]["trial"]
    assert told.out.startswith(f"# best of study tiny\n# configuration {number} is the best found")
    assert command("best", "tiny", "--out", "best.yaml").out == ""
    assert (here / "best.yaml").read_text() == told.out
    protect = ("protect", "digits", "--config", "best.yaml", "--json")
    made = command(*protect, "--limit", "40", "--out", "out")
    assert made.json()["reused"]
    whole = command(*protect, "--set", "surrogate.steps=1", "--out", "whole").json()
    assert whole["images"] > 40, "the study's limit came along"
    assert_python_agrees(store, found["best"]["spec"])


def assert_python_agrees(store: Path, spec: object) -> None:
    assert sem_ray.best("tiny", store=store).spec == ExperimentSpec.model_validate(spec)
    assert sem_ray.status("tiny", store=store).complete == 2
