"""The searcher, asked as Ray Tune asks it, without Ray."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from optuna.trial import FrozenTrial, TrialState
from ray.tune.search import Searcher

from sem_ray.errors import BadInput
from sem_ray.progress import Progress
from sem_ray.spec import ExperimentSpec
from sem_ray.store import Store
from sem_ray.studies import attributes
from sem_ray.studies.events import TrialProgress
from sem_ray.studies.sampling import sampler_for
from sem_ray.studies.searcher import WORKER_DIED, StudySearcher
from sem_ray.studies.storage import StudyRecord, open_study
from sem_ray.studies.trial import FAILURE, OUTCOME, PROGRESS, SPEC, TRIAL
from tests.studies.fakes import METRIC, measured, metrics, study


class Tune:
    """As much of Ray Tune as a searcher sees."""

    def __init__(
        self,
        store: Store,
        *,
        target: int = 4,
        concurrency: int = 2,
        on_trial: Callable[[FrozenTrial], None] | None = None,
        **changes: Any,
    ) -> None:
        spec = study(**changes)
        self.record: StudyRecord = open_study(store, spec, sampler_for(spec))
        self.seen: list[tuple[int, TrialState]] = []
        self.progress: list[TrialProgress] = []
        self.searcher = StudySearcher(
            self.record, target, concurrency, on_trial or self._note, self.progress.append
        )
        self.asked = 0

    def _note(self, trial: FrozenTrial) -> None:
        self.seen.append((trial.number, trial.state))

    def ask(self) -> tuple[str, dict[str, Any]]:
        self.asked += 1
        config = self.searcher.suggest(f"t{self.asked}")
        assert isinstance(config, dict)
        return f"t{self.asked}", config

    def end(self, asked: tuple[str, dict[str, Any]], **changes: Any) -> None:
        spec = ExperimentSpec.model_validate_json(asked[1][SPEC])
        found = [m.model_dump() for m in measured(spec, **changes)]
        outcome = {"measurements": found, "noise_identity": "n", "seconds": 1.5}
        self.searcher.on_trial_result(asked[0], {OUTCOME: json.dumps(outcome)})
        self.searcher.on_trial_complete(trial_id=asked[0], result={})

    def fail(self, asked: tuple[str, dict[str, Any]], **failure: Any) -> None:
        report = {"error": "no luck", "bad_input": False, "traceback": "…", "seconds": 0.5}
        self.searcher.on_trial_result(asked[0], {FAILURE: json.dumps(report | failure)})
        self.searcher.on_trial_complete(trial_id=asked[0], result={})

    def states(self) -> list[str]:
        return [trial.state.name for trial in self.record.study.trials]


def test_asks_up_to_the_target_and_never_more_at_once_than_allowed(store: Store) -> None:
    tune = Tune(store, target=3)
    first, second = tune.ask(), tune.ask()
    assert tune.searcher.suggest("x") is None
    tune.end(first)
    third = tune.ask()
    tune.end(second)
    assert tune.searcher.suggest("x") is None
    tune.end(third)
    assert tune.searcher.suggest("x") == Searcher.FINISHED
    assert tune.states() == ["COMPLETE"] * 3


def test_the_study_holds_everything_a_trial_gave(store: Store) -> None:
    tune = Tune(store)
    asked = tune.ask()
    tune.end(asked)
    trial = tune.record.study.trials[0]
    spec = ExperimentSpec.model_validate_json(asked[1][SPEC])
    assert trial.user_attrs[attributes.SPEC] == asked[1][SPEC]
    assert spec == tune.record.spec.experiment(trial.params)
    assert attributes.measurements_of(trial) == measured(spec)
    assert trial.value == metrics(spec)[METRIC]
    assert attributes.seconds_of(trial) == 1.5
    assert trial.user_attrs[attributes.NOISE] == "n"
    assert tune.seen == [(0, TrialState.RUNNING), (0, TrialState.COMPLETE)]


def test_a_restarted_sweep_runs_cut_off_trials_again_and_ended_ones_never(store: Store) -> None:
    before = Tune(store)
    done, *cut_off = before.ask(), before.ask()
    before.end(done)
    cut_off.append(before.ask())
    after = Tune(store)
    again = [after.ask(), after.ask()]
    assert [a[1] for a in again] == [c[1] for c in cut_off]
    for asked in again:
        after.end(asked)
    after.end(after.ask())
    assert after.searcher.suggest("x") == Searcher.FINISHED
    assert after.states() == ["COMPLETE"] * 4


@pytest.mark.parametrize("sampler", ["tpe", "random", "qmc", "grid"])
@pytest.mark.parametrize("kept", range(3))
def test_a_trial_cut_off_while_it_was_proposed_gets_the_same_values(
    store: Store, kept: int, sampler: str
) -> None:
    same: dict[str, Any] = {"sampler": {"name": sampler}}
    expected = Tune(store, name="whole", **same).ask()[1][SPEC]
    before = Tune(store, **same)
    trial = before.record.study.ask()
    for path, distribution in list(before.record.spec.search.items())[:kept]:
        distribution.suggested(trial, path)
    number, spec = Tune(store, **same).ask()[1].values()
    assert (number, spec) == (0, expected)


def test_a_lower_target_leaves_what_was_cut_off(store: Store) -> None:
    before = Tune(store)
    before.end(before.ask())
    before.ask()
    assert Tune(store, target=1).searcher.suggest("x") == Searcher.FINISHED


def test_failed_trials_are_replaced(store: Store) -> None:
    tune = Tune(store, target=2, concurrency=1)
    tune.fail(tune.ask())
    tune.end(tune.ask())
    tune.end(tune.ask())
    assert tune.searcher.suggest("x") == Searcher.FINISHED
    failed = tune.record.study.trials[0]
    assert failed.state == TrialState.FAIL
    assert failed.user_attrs[attributes.ERROR] == "no luck"
    assert failed.user_attrs[attributes.TRACEBACK] == "…"


def test_when_everything_fails_it_ends(store: Store) -> None:
    tune = Tune(store, target=3, concurrency=1)
    for _ in range(3):
        tune.fail(tune.ask())
    assert tune.searcher.suggest("x") == Searcher.FINISHED
    assert tune.searcher.failure is None


def test_a_dead_worker_is_a_failure_with_a_reason(store: Store) -> None:
    tune = Tune(store)
    tune.searcher.on_trial_complete(trial_id=tune.ask()[0], error=True)
    assert tune.record.study.trials[0].user_attrs[attributes.ERROR] == WORKER_DIED


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_result_that_is_no_number_is_a_failure(store: Store, value: float) -> None:
    tune = Tune(store)
    tune.end(tune.ask(), **{METRIC: value})
    trial = tune.record.study.trials[0]
    assert trial.state == TrialState.FAIL
    assert trial.user_attrs[attributes.ERROR] == f"its {METRIC} is {value}"


def test_an_unforeseen_number_beside_the_metric_does_no_harm(store: Store) -> None:
    tune = Tune(store)
    tune.end(tune.ask(), **{"clean_accuracy_at_0": float("nan")})
    assert tune.states() == ["COMPLETE"]


def test_bad_input_before_anything_worked_ends_the_sweep_with_its_message(store: Store) -> None:
    tune = Tune(store)
    first, second = tune.ask(), tune.ask()
    tune.fail(first, error="no such images", bad_input=True)
    assert tune.searcher.suggest("x") is None  # the other one may end
    tune.end(second)
    assert tune.searcher.suggest("x") == Searcher.FINISHED
    assert str(tune.searcher.failure) == "no such images"
    assert isinstance(tune.searcher.failure, BadInput)


def test_bad_input_later_is_one_trial_s_own(store: Store) -> None:
    tune = Tune(store)
    tune.end(tune.ask())
    tune.fail(tune.ask(), bad_input=True)
    assert tune.searcher.failure is None
    tune.ask()


def test_a_record_that_cannot_be_written_ends_the_sweep_and_says_why(store: Store) -> None:
    def full(trial: FrozenTrial) -> None:
        if trial.state == TrialState.COMPLETE:
            raise OSError(28, "No space left on device")

    tune = Tune(store, on_trial=full)
    tune.end(tune.ask())
    assert tune.searcher.suggest("x") == Searcher.FINISHED
    assert isinstance(tune.searcher.failure, BadInput)
    assert "No space left on device; free some space there" in str(tune.searcher.failure)


def test_progress_is_passed_on_with_the_trial_s_number(store: Store) -> None:
    tune = Tune(store)
    tune_id, config = tune.ask()
    progress = Progress("generate", 1, 5, figures={"loss": 0.5})
    tune.searcher.on_trial_result(tune_id, {PROGRESS: json.dumps(vars(progress))})
    assert tune.progress == [TrialProgress(config[TRIAL], progress)]


def test_a_second_end_of_the_same_trial_is_ignored(store: Store) -> None:
    tune = Tune(store)
    asked = tune.ask()
    tune.end(asked)
    tune.end(asked)
    assert tune.states() == ["COMPLETE"]
