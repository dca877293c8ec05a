"""Whole sweeps: a real Optuna journal and real MLflow, and real Ray if Ray matters."""

from __future__ import annotations

import re
from collections import Counter
from itertools import accumulate
from typing import Any

import pytest

from sem_ray.errors import BadInput
from sem_ray.pipeline import metric_names
from sem_ray.records.connection import URI_VARIABLE, connect
from sem_ray.store import Store
from sem_ray.studies.events import SweepEvent, TrialEvent, TrialProgress
from sem_ray.studies.journal.storage import studies, study_folder, sweeping
from sem_ray.studies.queries import best, status
from sem_ray.studies.run.failure_reasons import SENTENCES
from sem_ray.studies.run.sweep import run_sweep
from sem_ray.studies.run.tune.backend import RAY_FOLDER
from tests.studies import fakes
from tests.studies.fakes import METRIC, study
from tests.studies.recording.tracked import states
from tests.studies.run.in_process import InProcess

HERE = InProcess()
with_ray = pytest.mark.usefixtures("one_ray")


class Heard:
    def __init__(self) -> None:
        self.events: list[SweepEvent] = []

    def __call__(self, event: SweepEvent) -> None:
        self.events.append(event)

    @property
    def trials(self) -> list[TrialEvent]:
        return [event for event in self.events if isinstance(event, TrialEvent)]

    @property
    def most_at_once(self) -> int:
        changes = (1 if event.state == "running" else -1 for event in self.trials)
        return max(accumulate(changes))


@with_ray
def test_real_experiments_are_run_recorded_and_compared(store: Store) -> None:
    heard = Heard()
    result = run_sweep(study(trials=2), store, on_event=heard)
    assert result.ok and (result.complete, result.target) == (2, 2)
    found = best(store, "tiny")
    assert 0 <= found.value <= 100
    assert set(found.metrics) == set(metric_names(found.spec))
    assert len(list((store.root / "noise").iterdir())) == 2
    assert states(store) == dict.fromkeys(("tiny", "tiny/0", "tiny/1"), "FINISHED")
    assert Counter(event.state for event in heard.trials) == {"running": 2, "complete": 2}
    stages = {e.progress.stage for e in heard.events if isinstance(e, TrialProgress)}
    assert stages
    assert not (study_folder(store, "tiny") / RAY_FOLDER).exists()


def test_sweeping_again_goes_on_and_a_reached_target_is_no_work(store: Store) -> None:
    first = run_sweep(study(), store, trials=2, experiment=fakes.instant, backend=HERE)
    before = status(store, "tiny").rows
    assert run_sweep(study(), store, trials=2, experiment=fakes.hopeless, backend=HERE).ok
    assert status(store, "tiny").rows == before
    heard = Heard()
    more = run_sweep(
        study(), store, trials=4, experiment=fakes.instant, on_event=heard, backend=HERE
    )
    assert (first.complete, more.complete) == (2, 4)
    assert status(store, "tiny").rows[:2] == before
    assert {event.trial for event in heard.trials} == {2, 3}
    assert [(e.done, e.total) for e in heard.trials if e.state == "complete"] == [(3, 4), (4, 4)]
    assert len(states(store)) == 5


@with_ray
def test_a_killed_worker_costs_a_study_no_trial_and_the_sweep_ends_well(store: Store) -> None:
    heard = Heard()
    result = run_sweep(study(trials=2), store, experiment=fakes.killed_once, on_event=heard)
    assert result.ok and (result.complete, result.lost, result.failed) == (2, 1, ())
    first, second = status(store, "tiny").rows
    assert (first.state, second.state) == ("complete", "complete")
    assert (first.losses, second.losses) == (("worker_died",), ())
    told = [(event.trial, event.state, event.attempt) for event in heard.trials]
    assert told[:4] == [(0, "running", 1), (0, "lost", 1), (0, "running", 2), (0, "complete", 2)]
    assert states(store) == dict.fromkeys(("tiny", "tiny/0", "tiny/1"), "FINISHED")


@with_ray
def test_failed_trials_are_replaced_and_recorded_and_make_a_bad_end(
    store: Store, capfd: pytest.CaptureFixture[str]
) -> None:
    search = {"noise.steps": {"low": 1, "high": 5}}
    spec = study(search=search, sampler={"name": "grid"})
    heard = Heard()
    result = run_sweep(spec, store, trials=5, experiment=fakes.unlucky, on_event=heard)
    assert not result.ok and result.complete == 1
    errors = [row.error for row in status(store, "tiny").rows[:5]]
    assert errors == [
        "the disk of the trial is full; free some",
        "RuntimeError: CUDA error: device-side assert compile with TORCH_USE_CUDA_DSA",
        SENTENCES["worker_died"],
        f"its {METRIC} is nan",
        None,
    ]
    assert [failure.error for failure in result.failed[:4]] == errors[:4]
    assert len(result.failed) == 5  # as many as were missing at the start, and no more
    assert Counter(states(store).values()) == {"FINISHED": 2, "FAILED": 5}
    assert heard.most_at_once == spec.concurrency
    out, err = capfd.readouterr()
    assert out == "" and not re.search(r"Traceback|Error|raylet", err)


def test_images_nobody_can_read_end_the_sweep_at_once(store: Store) -> None:
    with pytest.raises(BadInput, match=r"^data/: no Parquet file in there"):
        run_sweep(study(trials=50), store, experiment=fakes.unreadable, backend=HERE)
    assert len(status(store, "tiny").rows) <= 2
    assert "RUNNING" not in states(store).values()


TOO_BIG: dict[str, dict[str, Any]] = {
    "a trial wants 0.5 CPUs and 0 GPUs plus 2 actors of 9 CPUs and 2 GPUs each, and there": {
        "cpus": 0.5,
        "actors": {"count": 2, "cpus": 9, "gpus": 2},
    },
    "a trial wants 4096 CPUs and 0 GPUs, and there is room for": {"cpus": 4096},
    "a trial wants 1 CPUs and 64 GPUs, and there is room for": {"gpus": 64},
}


@pytest.mark.parametrize("message", TOO_BIG, ids=str)
def test_what_never_fits_is_refused_with_the_numbers(store: Store, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        run_sweep(study(resources=TOO_BIG[message]), store, experiment=fakes.instant)
    assert studies(store) == []


@pytest.mark.parametrize("address", ["bogus://x", "https://[", "mysql://h/db"])
def test_an_unusable_tracking_address_is_refused_before_anything_starts(
    store: Store, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv(URI_VARIABLE, address)
    heard = Heard()
    with pytest.raises(BadInput, match=f"{URI_VARIABLE}") as refusal:
        run_sweep(study(), store, experiment=fakes.instant, backend=HERE, on_event=heard)
    assert "\n" not in str(refusal.value)
    assert studies(store) == [] and heard.events == []


def test_a_second_sweep_of_the_same_study_is_refused(store: Store) -> None:
    with sweeping(store, "tiny"), pytest.raises(BadInput, match="already running"):
        run_sweep(study(), store, experiment=fakes.instant, backend=HERE)
    assert studies(store) == []


def test_several_objectives_are_traded_off_and_the_first_says_which_is_best(store: Store) -> None:
    goals = [{"metric": METRIC}, {"metric": "test_accuracy_at_0", "direction": "maximize"}]
    spec = study(objectives=goals, sampler={"name": "tpe", "startup_trials": 3})
    assert run_sweep(spec, store, trials=6, experiment=fakes.instant, backend=HERE).ok
    found = status(store, "tiny")
    # The two move together here, so no trial beats another unless they are equal.
    values = {row.metrics[METRIC]: row.trial for row in reversed(found.rows)}
    assert set(found.leaders) == set(values.values())
    assert best(store, "tiny").value == min(values)
    server = connect(store)
    order = ["metrics.test_accuracy_at_4 ASC"]
    (run,) = server.client.search_runs(
        [server.experiment], "metrics.test_accuracy_at_4 > 0", order_by=order, max_results=1
    )
    assert run.data.metrics[METRIC] == min(values), "the documented name orders MLflow's runs"
