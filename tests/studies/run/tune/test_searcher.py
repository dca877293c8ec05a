"""The searcher, asked as Ray Tune asks it, without Ray."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ray.tune.search import Searcher

from sem_ray.cluster.device_choice import DeviceChoice
from sem_ray.progress import Progress
from sem_ray.spec import ExperimentSpec
from sem_ray.spec.resources import TrialResources
from sem_ray.store import Store
from sem_ray.studies.journal import trial_attributes as attributes
from sem_ray.studies.journal.trial_report import Failed, Finished
from sem_ray.studies.run.failure_reasons import lost
from sem_ray.studies.run.trial import PROGRESS, REPORT, SPEC, TRIAL
from sem_ray.studies.run.tune.searcher import LossNotes, StudySearcher
from sem_ray.studies.run.tune.trial_places import TrialPlaces
from tests.studies.fakes import METRIC, measured
from tests.studies.run.queue_driver import Sweep


@pytest.fixture
def sweep(store: Store) -> Sweep:
    return Sweep(store, target=3)


def room_for(trials: int) -> TrialPlaces:
    return TrialPlaces(DeviceChoice(TrialResources(), trials, packs=False, notice=""), [])


def asked(searcher: StudySearcher, name: str) -> dict[str, Any]:
    config = searcher.suggest(name)
    assert isinstance(config, dict)
    return config


def ended(searcher: StudySearcher, name: str, config: dict[str, Any], **changes: float) -> None:
    spec = ExperimentSpec.model_validate_json(config[SPEC])
    report = Finished(measurements=measured(spec, **changes), noise_identity="n", seconds=1.5)
    searcher.on_trial_result(name, {REPORT: json.dumps(report.model_dump())})
    searcher.on_trial_complete(trial_id=name, result={})


def test_tune_runs_as_many_as_there_is_room_for_until_all_are_done(sweep: Sweep) -> None:
    searcher = StudySearcher(sweep.queue, room_for(1))
    for number in range(3):
        name = f"t{number}"
        config = asked(searcher, name)
        assert config[TRIAL] == number
        assert searcher.suggest("more") is None
        ended(searcher, name, config)
    assert searcher.suggest("more") == Searcher.FINISHED
    assert sweep.states() == ["COMPLETE"] * 3
    spec = ExperimentSpec.model_validate_json(config[SPEC])
    assert attributes.measurements_of(sweep.record.study.trials[2]) == measured(spec)


def test_a_failure_is_told_as_it_was_reported(sweep: Sweep) -> None:
    searcher = StudySearcher(sweep.queue, room_for(2))
    asked(searcher, "t0")
    searcher.on_trial_result("t0", {REPORT: json.dumps(Failed(error="no luck").model_dump())})
    searcher.on_trial_complete(trial_id="t0", error=True)
    assert sweep.record.study.trials[0].user_attrs[attributes.ERROR] == "no luck"


@dataclass
class TuneTrial:
    """What Tune's scheduler gets to see of a trial that ended badly."""

    trial_id: str
    error_file: str


LAST_WORDS = {
    "The actor is dead because its worker process has died. Worker exit type: SYSTEM_ERROR": (
        "worker_died"
    ),
    "1 worker(s) were killed due to the node running low on memory. Memory on the": "out_of_memory",
    "The actor is temporarily unavailable: RpcError: RPC error: Socket closed": "machine_lost",
    "The actor died because its node has died. Node Id: 01": "machine_lost",
    "": "worker_died",
}
"""What Ray 2.60 wrote of trials, and why they ended."""


@pytest.mark.parametrize("words", LAST_WORDS, ids=LAST_WORDS.values())
def test_a_worker_that_ended_without_a_report_is_a_loss_with_ray_s_reason(
    sweep: Sweep, tmp_path: Path, words: str
) -> None:
    searcher = StudySearcher(sweep.queue, room_for(2))
    asked(searcher, "t0")
    (tmp_path / "error.txt").write_text(words)
    ended_badly = TuneTrial("t0", str(tmp_path / "error.txt"))
    LossNotes(searcher).on_trial_error(None, ended_badly)
    searcher.on_trial_complete(trial_id="t0", error=True)
    searcher.on_trial_complete(trial_id="t0", error=True)
    (trial,) = sweep.record.study.trials
    assert attributes.losses_of(trial) == [LAST_WORDS[words]]
    assert attributes.error_of(trial) == lost(words).error
    assert asked(searcher, "t1")[TRIAL] == 0


def test_a_number_that_json_has_no_word_for_arrives(sweep: Sweep) -> None:
    searcher = StudySearcher(sweep.queue, room_for(2))
    ended(searcher, "t0", asked(searcher, "t0"), **{METRIC: float("nan")})
    assert sweep.record.study.trials[0].user_attrs[attributes.ERROR] == f"its {METRIC} is nan"


def test_progress_is_passed_on(sweep: Sweep) -> None:
    searcher = StudySearcher(sweep.queue, room_for(2))
    asked(searcher, "t0")
    progress = Progress("generate", 1, 5, metrics={"loss": 0.5})
    searcher.on_trial_result("t0", {PROGRESS: json.dumps(vars(progress))})
    searcher.on_trial_result("another", {PROGRESS: json.dumps(vars(progress))})
    assert [(event.trial, event.progress) for event in sweep.progress] == [(0, progress)]
