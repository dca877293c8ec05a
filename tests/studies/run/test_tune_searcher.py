"""The searcher, asked as Ray Tune asks it, without Ray."""

from __future__ import annotations

import json
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
from sem_ray.studies.run.trial import PROGRESS, REPORT, SPEC, TRIAL
from sem_ray.studies.run.trial_places import TrialPlaces
from sem_ray.studies.run.tune_searcher import WORKER_DIED, StudySearcher
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


def test_a_worker_that_died_without_a_report_is_a_failure_with_a_reason(sweep: Sweep) -> None:
    searcher = StudySearcher(sweep.queue, room_for(2))
    asked(searcher, "t0")
    searcher.on_trial_complete(trial_id="t0", error=True)
    assert sweep.record.study.trials[0].user_attrs[attributes.ERROR] == WORKER_DIED
    searcher.on_trial_complete(trial_id="t0", error=True)
    assert sweep.states() == ["FAIL"]


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
