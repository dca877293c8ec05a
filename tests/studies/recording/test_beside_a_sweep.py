"""MLflow beside a whole sweep: slow, failing or as it is, and complete at the end."""

from __future__ import annotations

import threading
import time
from collections import Counter
from functools import partial
from typing import Any

import pytest

from sem_ray.records.connection import TrackingFailed, connect
from sem_ray.records.names import PARENT_TAG as PARENT
from sem_ray.records.names import TRIAL_TAG
from sem_ray.store import Store
from sem_ray.studies.events import SweepEvent, TrialEvent, Warned
from sem_ray.studies.queries import status
from sem_ray.studies.recording import backlog, writer
from sem_ray.studies.recording.study_runs import StudyRuns
from sem_ray.studies.run.sweep import run_sweep
from sem_ray.studies.run.trial import TrialSetting
from sem_ray.studies.run.trial_queue import TrialQueue
from tests.studies import fakes
from tests.studies.fakes import study
from tests.studies.recording.tracked import runs, states
from tests.studies.run.in_process import InProcess

HERE = InProcess()
TRIALS = 20
ALL_FINISHED = dict.fromkeys(("tiny", *(f"tiny/{i}" for i in range(TRIALS))), "FINISHED")


class Interrupted(InProcess):
    """A backend that is interrupted in the middle of its first trial."""

    def run(self, queue: TrialQueue, setting: TrialSetting) -> None:
        del setting
        queue.next()
        raise KeyboardInterrupt


def keys(store: Store) -> list[str]:
    """Of all runs of trials that MLflow lists, doubled ones as often."""
    tracking = connect(store)
    found = tracking.client.search_runs([tracking.experiment], max_results=1000)
    return [run.data.tags[TRIAL_TAG] for run in found if PARENT in run.data.tags]


def test_a_tracker_that_takes_a_second_a_call_does_not_slow_trials_and_has_them_all_at_the_end(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, threads = StudyRuns.write, set[str]()

    def slowly(self: StudyRuns, *words: Any, **options: Any) -> None:
        threads.add(threading.current_thread().name)
        time.sleep(1)
        write(self, *words, **options)

    monkeypatch.setattr(StudyRuns, "write", slowly)
    monkeypatch.setattr(writer, "Backlog", partial(backlog.Backlog, gather=0.0))
    ends: list[float] = []

    def heard(event: SweepEvent) -> None:
        if isinstance(event, TrialEvent):
            ends.append(time.monotonic())

    result = run_sweep(
        study(), store, trials=TRIALS, experiment=fakes.instant, backend=HERE, on_event=heard
    )
    assert result.ok and ends[-1] - ends[0] < TRIALS / 2
    assert states(store) == ALL_FINISHED
    assert sorted(keys(store)) == sorted(set(keys(store))) and len(keys(store)) == TRIALS
    assert threads <= {"mlflow"}


def test_a_run_shows_what_its_trial_gave(store: Store) -> None:
    assert run_sweep(study(), store, trials=3, experiment=fakes.instant, backend=HERE).ok
    found = runs(store)
    for row in status(store, "tiny").rows:
        run = found[f"tiny/{row.trial}"]
        assert run.info.status == "FINISHED"
        assert {key: run.data.metrics[key] for key in row.metrics} == row.metrics


def test_a_tracker_that_fails_for_a_while_is_said_once_and_has_everything_at_the_end(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls, reconcile = Counter[str](), StudyRuns.reconcile

    def down_at_first(self: StudyRuns, *words: Any, **options: Any) -> None:
        calls["reconcile"] += 1
        if calls["reconcile"] == 1:
            raise TrackingFailed("down")
        reconcile(self, *words, **options)

    monkeypatch.setattr(StudyRuns, "reconcile", down_at_first)
    monkeypatch.setattr(backlog, "PATIENCE", 0.05)
    monkeypatch.setattr(writer, "Backlog", partial(backlog.Backlog, gather=0.0))
    events: list[SweepEvent] = []
    result = run_sweep(
        study(),
        store,
        trials=TRIALS,
        experiment=fakes.instant,
        backend=HERE,
        on_event=events.append,
    )
    assert result.ok and states(store) == ALL_FINISHED
    assert [e.message for e in events if isinstance(e, Warned)] == [
        "down; the sweep goes on and records it later"
    ]


def test_a_tracker_that_stays_down_fails_neither_trials_nor_the_sweep(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: Any, **__: Any) -> None:
        raise TrackingFailed("down")

    monkeypatch.setattr(StudyRuns, "reconcile", down)
    events: list[SweepEvent] = []
    result = run_sweep(
        study(), store, trials=3, experiment=fakes.instant, backend=HERE, on_event=events.append
    )
    assert result.ok and status(store, "tiny").complete == 3
    said = [event.message for event in events if isinstance(event, Warned)]
    wait = "down; the study is whole, and its records wait for `sem-ray records sync tiny`"
    assert said[-1] == wait


def test_an_interrupted_sweep_leaves_nothing_running_in_mlflow(store: Store) -> None:
    with pytest.raises(KeyboardInterrupt):
        run_sweep(study(), store, trials=3, experiment=fakes.instant, backend=Interrupted())
    assert states(store) == {"tiny": "KILLED", "tiny/0": "KILLED"}


def test_a_fault_in_the_thread_ends_the_sweep_with_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(StudyRuns, "reconcile", wrong)
    with pytest.raises(ZeroDivisionError):
        run_sweep(study(), store, trials=3, experiment=fakes.instant, backend=HERE)
