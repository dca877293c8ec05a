"""Studies listed, amended, deleted and continued under another name, from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from sem_ray.store import Store
from sem_ray.studies.definition.study_spec import StudySpec
from sem_ray.studies.run.sweep import run_sweep
from tests.studies.fakes import instant, study, tree
from tests.studies.run.in_process import InProcess
from tests.system.conftest import Command
from tests.system.program import refused


def swept(store: Path, **facts: Any) -> StudySpec:
    spec = study(**{"trials": 2, **facts})
    run_sweep(spec, Store.open(store), experiment=instant, backend=InProcess())
    return spec


def test_studies_are_listed_and_deleted(store: Path, command: Command) -> None:
    assert "no store at" in refused(command("studies"))
    swept(store, name="kept")
    swept(store, name="gone")
    listed = command("studies", "--json").json()["studies"]
    assert {one["study"]: one["state"] for one in listed} == dict.fromkeys(
        ("kept", "gone"), "finished"
    )
    assert "2/2" in command("studies").out
    line = refused(command("studies", "delete", "gone"))
    assert line.endswith("nobody is there to be asked; say --yes")
    assert command("studies", "delete", "gone", "--yes", "--json").json()["trials"] == 2
    assert [one["study"] for one in command("studies", "--json").json()["studies"]] == ["kept"]
    assert "no study 'gone'" in refused(command("studies", "delete", "gone"))
    assert command("studies", "delete", "kept", "--yes").code == 0
    assert "no studies yet" in command("studies").err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--retry-failed"], "study tiny has no trials in"),
        (["--skip", "3"], "study tiny has no trials in"),
        (["--from", "other"], "no study 'other' in"),
    ],
)
def test_what_a_study_without_trials_cannot_be_asked_for_is_refused(
    here: Path, store: Path, command: Command, words: list[str], said: str
) -> None:
    (here / "study.yaml").write_text(yaml.safe_dump(tree()))
    assert said in refused(command("sweep", "study.yaml", *words))
    assert not list((store / "studies").glob("*/study.json"))


def test_a_study_that_has_all_from_another_one_runs_nothing(
    here: Path, store: Path, command: Command
) -> None:
    swept(store, name="old", sampler={"name": "grid"})
    new = tree(name="new", trials=2, sampler={"name": "grid"})
    (here / "study.yaml").write_text(yaml.safe_dump(new))
    done = command("sweep", "study.yaml", "--from", "old", "--json").json()
    assert done["sweep"]["imported"] == 2 and done["sweep"]["ok"]
    assert [row["imported"] for row in done["status"]["rows"]] == ["old/0", "old/1"]
    again = command("sweep", "study.yaml", "--retry-failed", "--skip", "0", "--json")
    assert "is finished, and its result stays" in refused(again)
