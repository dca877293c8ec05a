"""One journal a study, which outlives whoever wrote it."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from optuna.trial import TrialState, create_trial

from sem_ray.errors import BadInput, WorkFailed
from sem_ray.store import Store
from sem_ray.studies.definition.study_spec import StudySpec
from sem_ray.studies.journal.storage import (
    JOURNAL_FILE,
    LOCK_FILE,
    StudyRecord,
    is_running,
    load_study,
    open_study,
    studies,
    study_folder,
    sweeping,
)
from sem_ray.studies.queries import status
from tests.studies.fakes import study


def opened(store: Store, spec: StudySpec) -> StudyRecord:
    return open_study(store, spec)


def test_a_study_is_found_again_with_its_trials_and_key(store: Store) -> None:
    first = opened(store, study())
    first.study.tell(first.study.ask(), 1.0)
    again = load_study(store, "tiny")
    assert again.key == first.key == opened(store, study()).key
    assert again.spec == study().resolved()
    assert len(again.study.trials) == 1
    assert studies(store) == ["tiny"]


def test_reading_a_study_writes_nothing(store: Store) -> None:
    journal = opened(store, study()).folder / JOURNAL_FILE
    before = journal.read_bytes()
    status(store, "tiny")
    assert journal.read_bytes() == before


DIFFERENT: dict[str, dict[str, Any]] = {
    "base.noise.samples": {"base": {"noise": {"samples": 2}}},
    "search.noise.radius": {"search": {"noise.steps": {"low": 1, "high": 4}}},
    "search.noise.step_size": {"search": {"noise.step_size": {"low": 1.0, "high": 4.0}}},
    "objectives.0.metric": {"metric": "test_accuracy_at_0"},
    "objectives.0.direction": {"direction": "maximize"},
    "sampler.name": {"sampler": {"name": "random"}},
    "seed": {"seed": 8},
}


def finished(store: Store) -> None:
    """A study with something to lose."""
    opened(store, study()).study.add_trial(create_trial(value=1.0))


@pytest.mark.parametrize("key", DIFFERENT, ids=str)
def test_a_mistake_may_be_corrected_before_anything_finished(store: Store, key: str) -> None:
    record = opened(store, study())
    record.study.tell(record.study.ask(), state=TrialState.FAIL)
    corrected = opened(store, study(**DIFFERENT[key]))
    assert corrected.key != record.key
    assert not corrected.study.get_trials()


@pytest.mark.parametrize("key", DIFFERENT, ids=str)
def test_another_search_under_the_same_name_is_refused(store: Store, key: str) -> None:
    finished(store)
    with pytest.raises(BadInput) as refusal:
        opened(store, study(**DIFFERENT[key]))
    assert key in str(refusal.value)
    assert "give this one another name" in str(refusal.value)
    assert load_study(store, "tiny").spec == study().resolved()


def test_numbers_that_are_equal_but_search_differently_are_told_apart(store: Store) -> None:
    scale = "noise.perturbation_scale"
    record = opened(store, study(search={scale: {"low": 0, "high": 2}}))
    record.study.add_trial(create_trial(value=1.0))
    with pytest.raises(BadInput, match=scale):
        opened(store, study(search={scale: {"low": 0.0, "high": 2.0}}))


def test_length_place_and_wording_may_change(store: Store) -> None:
    opened(store, study())
    later = study(trials=9, hypothesis="more", concurrency=3, resources={"cpus": 0.5})
    assert opened(store, later).spec.trials == 9
    assert load_study(store, "tiny").spec.hypothesis == "more"


def test_an_unknown_study_is_answered_with_the_nearest(store: Store) -> None:
    with pytest.raises(BadInput, match=r"no study 'tiny' in .*; it holds none yet"):
        load_study(store, "tiny")
    opened(store, study())
    with pytest.raises(
        BadInput, match=r"no study 'tny' in .* \(did you mean tiny\?\); known: tiny"
    ):
        load_study(store, "tny")
    with pytest.raises(BadInput, match=r"no study '\.\./studies/tiny'"):
        load_study(store, "../studies/tiny")


def test_a_line_torn_by_a_kill_is_dropped_and_the_rest_kept(store: Store) -> None:
    record = opened(store, study())
    record.study.tell(record.study.ask(), 1.0)
    journal = record.folder / JOURNAL_FILE
    with journal.open("ab") as file:
        file.write(b'{"op_code":4,"worker_')
    again = opened(store, study()).study
    again.tell(again.ask(), 2.0)
    assert [trial.value for trial in load_study(store, "tiny").study.trials] == [1.0, 2.0]


def test_a_damaged_journal_is_said_in_one_line(store: Store) -> None:
    journal = opened(store, study()).folder / JOURNAL_FILE
    journal.write_bytes(b"nonsense\n" + journal.read_bytes())
    with pytest.raises(WorkFailed, match=r"journal\.log is damaged"):
        load_study(store, "tiny")


def test_one_sweep_a_study(store: Store) -> None:
    with sweeping(store, "tiny"):
        assert is_running(store, "tiny")
        with (
            pytest.raises(BadInput, match="a sweep of study tiny is already running"),
            sweeping(store, "tiny"),
        ):
            pass
        with sweeping(store, "other"):
            pass
    assert not is_running(store, "tiny")


def test_the_lock_of_a_killed_sweep_is_free(store: Store) -> None:
    lock = study_folder(store, "tiny") / LOCK_FILE
    lock.parent.mkdir(parents=True)
    hold = (
        "import sys, time; from filelock import FileLock; "
        "lock = FileLock(sys.argv[1]); lock.acquire(); print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", hold, str(lock)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None and holder.stdout.readline() == "held\n"
    assert is_running(store, "tiny")
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    holder.stdout.close()
    with sweeping(store, "tiny"):
        pass


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "studies").write_text("a file in the way")
    with (
        pytest.raises(BadInput, match=r"cannot write to .*studies"),
        sweeping(Store(tmp_path), "tiny"),
    ):
        pass
