"""The studies of a store, listed and deleted."""

from __future__ import annotations

import os
from typing import Any

import pytest

from sem_ray.errors import BadInput
from sem_ray.store import Store
from sem_ray.studies.deletion import Deleted, delete
from sem_ray.studies.journal.storage import studies, study_folder, sweeping
from sem_ray.studies.listing import StudySummary, summaries
from sem_ray.studies.run.sweep import run_sweep
from tests.studies.fakes import METRIC, hopeless, instant, study
from tests.studies.recording.tracked import states
from tests.studies.run.in_process import InProcess
from tests.studies.run.queue_driver import Sweep


def swept(store: Store, name: str, experiment: Any = instant, **facts: Any) -> None:
    spec = study(**{"name": name, "trials": 2, "sampler": {"name": "grid"}, **facts})
    run_sweep(spec, store, experiment=experiment, backend=InProcess())


def one(store: Store, name: str) -> StudySummary:
    (found,) = (each for each in summaries(store) if each.study == name)
    return found


def test_a_store_without_studies_has_none(store: Store) -> None:
    assert summaries(store) == ()


def test_each_study_is_a_line_and_the_last_changed_comes_first(store: Store) -> None:
    for number, name in enumerate(("first", "second")):
        swept(store, name)
        os.utime(study_folder(store, name) / "journal.log", (1000 + number, 1000 + number))
    assert [found.study for found in summaries(store)] == ["second", "first"]
    found = one(store, "first")
    assert (found.state, found.configurations, found.wanted, found.failed) == ("finished", 2, 2, 0)
    assert (found.metric, found.best, found.configuration) == (METRIC, 67.0, 1)
    assert found.changed == 1000.0


def test_what_is_left_to_do_and_what_failed_shows(store: Store) -> None:
    Sweep(store, name="begun").take()
    swept(store, "failed", hopeless)
    begun, failed = one(store, "begun"), one(store, "failed")
    assert (begun.state, begun.configurations, begun.best) == ("unfinished", 0, None)
    assert (failed.state, failed.failed, failed.best) == ("unfinished", 2, None)
    with sweeping(store, "begun"):
        assert one(store, "begun").state == "running"


def test_a_study_that_cannot_be_read_does_not_hide_the_others(store: Store) -> None:
    swept(store, "whole")
    for name, file in (("a", "study.json"), ("b", "journal.log")):
        swept(store, name)
        (study_folder(store, name) / file).write_text("{\n{}\n")
    assert one(store, "whole").state == "finished"
    assert one(store, "a").state == one(store, "b").state == "unreadable"
    assert "damaged" in (one(store, "a").error or "")


def test_reading_a_study_that_was_killed_before_its_first_line_writes_nothing(store: Store) -> None:
    swept(store, "torn")
    journal = study_folder(store, "torn") / "journal.log"
    for content in ("", '{"op_code": 0, "wor'):
        journal.write_text(content)
        assert one(store, "torn").configurations == 0
        assert journal.read_text() == content


def test_a_deleted_study_leaves_what_it_made_and_the_other_studies(store: Store) -> None:
    swept(store, "gone")
    swept(store, "kept")
    (store.root / "noise").mkdir()
    assert delete(store, "gone") == Deleted("gone", trials=2, runs=3)
    assert studies(store) == ["kept"] and set(states(store)) == {"kept", "kept/0", "kept/1"}
    assert (store.root / "noise").exists()
    assert [folder.name for folder in (store.root / "studies").iterdir()] == ["kept"]
    swept(store, "gone")
    assert one(store, "gone").configurations == 2, "its name is free again"


def test_a_study_that_is_swept_or_unknown_is_not_deleted(store: Store) -> None:
    swept(store, "busy")
    with sweeping(store, "busy"), pytest.raises(BadInput, match="a sweep of study busy is running"):
        delete(store, "busy")
    with pytest.raises(BadInput, match=r"no study 'bussy' .*busy"):
        delete(store, "bussy")
    assert studies(store) == ["busy"]
