"""The trials of a sweep, taken and handed back as a backend does, without one."""

from __future__ import annotations

from typing import Any

import pytest
from optuna.trial import FrozenTrial, TrialState

from sem_ray.errors import BadInput, DiskFailed
from sem_ray.progress import Progress
from sem_ray.store import Store
from sem_ray.studies.definition.retry import MOST_MACHINES, Reason
from sem_ray.studies.events import TrialProgress
from sem_ray.studies.journal import trial_attributes as attributes
from sem_ray.studies.run.trial_queue import TrialRequest
from tests.studies.fakes import METRIC, measured, metrics
from tests.studies.run.queue_driver import Sweep


def test_gives_up_to_the_target_and_never_more_at_once_than_allowed(store: Store) -> None:
    sweep = Sweep(store, target=3)
    first, second = sweep.take(), sweep.take()
    assert sweep.waits and sweep.queue.running == {0, 1}
    sweep.finish(first)
    third = sweep.take()
    sweep.finish(second)
    assert sweep.waits
    sweep.finish(third)
    assert sweep.over and sweep.states() == ["COMPLETE"] * 3


def test_the_study_holds_everything_a_trial_gave(store: Store) -> None:
    sweep = Sweep(store)
    request = sweep.take()
    sweep.finish(request)
    trial = sweep.record.study.trials[0]
    assert trial.user_attrs[attributes.SPEC] == request.spec.model_dump_json()
    assert request.spec == sweep.record.spec.experiment(trial.params)
    assert attributes.measurements_of(trial) == measured(request.spec)
    assert set(trial.user_attrs) == {"spec", "measurements", "noise_identity", "seconds"}
    assert trial.value == metrics(request.spec)[METRIC]
    assert attributes.seconds_of(trial) == 1.5
    assert trial.user_attrs[attributes.NOISE] == "n"
    assert sweep.seen == [(0, TrialState.RUNNING), (0, TrialState.COMPLETE)]


def test_every_objective_is_told_to_the_study(store: Store) -> None:
    goals = [{"metric": METRIC}, {"metric": "clean_accuracy_at_0", "direction": "maximize"}]
    sweep = Sweep(store, objectives=goals)
    request = sweep.take()
    sweep.finish(request)
    trial = sweep.record.study.trials[0]
    assert trial.values == [metrics(request.spec)[METRIC], 98.0]
    assert [d.name for d in sweep.record.study.directions] == ["MINIMIZE", "MAXIMIZE"]


def test_a_restarted_sweep_runs_cut_off_trials_again_and_ended_ones_never(store: Store) -> None:
    before = Sweep(store)
    done, *cut_off = before.take(), before.take()
    before.finish(done)
    cut_off.append(before.take())
    after = Sweep(store)
    again = [after.take(), after.take()]
    assert again == cut_off
    for request in again:
        after.finish(request)
    after.finish(after.take())
    assert after.over and after.states() == ["COMPLETE"] * 4


def test_a_trial_that_an_earlier_version_was_cut_off_proposing_is_replaced(store: Store) -> None:
    before = Sweep(store)
    before.record.study.ask().suggest_int("noise.steps", 1, 5)
    after = Sweep(store)
    assert after.take().trial == 1
    failed = after.record.study.trials[0]
    assert failed.state == TrialState.FAIL and attributes.ERROR in failed.user_attrs


def test_a_lower_target_leaves_what_was_cut_off(store: Store) -> None:
    before = Sweep(store)
    before.finish(before.take())
    before.take()
    assert Sweep(store, target=1).over


def test_failed_trials_are_replaced(store: Store) -> None:
    sweep = Sweep(store, target=2, concurrency=1)
    sweep.fail(sweep.take())
    sweep.finish(sweep.take())
    sweep.finish(sweep.take())
    assert sweep.over
    failed = sweep.record.study.trials[0]
    assert failed.state == TrialState.FAIL
    assert failed.user_attrs[attributes.ERROR] == "no luck"
    assert failed.user_attrs[attributes.TRACEBACK] == "…"


def test_when_everything_fails_it_ends(store: Store) -> None:
    sweep = Sweep(store, target=3, concurrency=1)
    for _ in range(3):
        sweep.fail(sweep.take())
    assert sweep.over and sweep.queue.failure is None


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_result_that_is_no_number_is_a_failure(store: Store, value: float) -> None:
    sweep = Sweep(store)
    sweep.finish(sweep.take(), **{METRIC: value})
    trial = sweep.record.study.trials[0]
    assert trial.state == TrialState.FAIL
    assert trial.user_attrs[attributes.ERROR] == f"its {METRIC} is {value}"


def test_an_unforeseen_number_beside_the_objectives_does_no_harm(store: Store) -> None:
    sweep = Sweep(store)
    sweep.finish(sweep.take(), clean_accuracy_at_0=float("nan"))
    assert sweep.states() == ["COMPLETE"]


def test_bad_input_before_anything_worked_ends_the_sweep_with_its_message(store: Store) -> None:
    sweep = Sweep(store)
    first, second = sweep.take(), sweep.take()
    sweep.fail(first, error="no such images", bad_input=True)
    assert sweep.waits  # the other one may end
    sweep.finish(second)
    assert sweep.over
    assert str(sweep.queue.failure) == "no such images"
    assert isinstance(sweep.queue.failure, BadInput)


def test_bad_input_later_is_one_trial_s_own(store: Store) -> None:
    sweep = Sweep(store)
    sweep.finish(sweep.take())
    sweep.fail(sweep.take(), bad_input=True)
    assert sweep.queue.failure is None
    sweep.take()


@pytest.mark.parametrize("state", [TrialState.RUNNING, TrialState.COMPLETE])
def test_a_record_that_cannot_be_written_ends_the_sweep_and_says_why(
    store: Store, state: TrialState
) -> None:
    def full(trial: FrozenTrial) -> None:
        if trial.state == state:
            raise OSError(28, "No space left on device")

    sweep = Sweep(store, on_trial=full)
    if (request := sweep.queue.next()) is not None:
        sweep.finish(request)
    assert sweep.over and isinstance(sweep.queue.failure, DiskFailed)
    assert "No space left on device; free some space there" in str(sweep.queue.failure)


def test_progress_is_passed_on_with_the_trial_s_number(store: Store) -> None:
    sweep = Sweep(store)
    request, progress = sweep.take(), Progress("generate", 1, 5, metrics={"loss": 0.5})
    sweep.queue.progress(request.trial, progress)
    sweep.queue.progress(99, progress)
    assert sweep.progress == [TrialProgress(request.trial, progress)]


def test_a_second_end_of_the_same_trial_is_ignored(store: Store) -> None:
    sweep = Sweep(store)
    request = sweep.take()
    sweep.finish(request)
    sweep.fail(request)
    assert sweep.states() == ["COMPLETE"]


def lose(sweep: Sweep, request: TrialRequest, reason: Reason = "worker_died") -> None:
    sweep.fail(request, error="gone", reason=reason)


def test_a_lost_trial_runs_again_first_with_its_values_and_its_number(store: Store) -> None:
    sweep = Sweep(store, target=3)
    first, second = sweep.take(), sweep.take()
    lose(sweep, first)
    assert sweep.seen[-1] == (0, TrialState.RUNNING) and sweep.queue.running == {1}
    assert sweep.take() == first
    sweep.finish(second)
    sweep.finish(first)
    sweep.finish(sweep.take())
    assert sweep.over and sweep.states() == ["COMPLETE"] * 3
    trial = sweep.record.study.trials[0]
    assert (attributes.losses_of(trial), attributes.attempt_of(trial)) == (["worker_died"], 2)


def test_a_trial_that_is_lost_too_often_has_failed(store: Store) -> None:
    sweep = Sweep(store, target=2, concurrency=1, retry={"times": 1})
    reasons: tuple[Reason, ...] = ("machine_lost", "worker_died", "machine_lost", "out_of_memory")
    for reason in reasons:
        request = sweep.take()
        lose(sweep, request, reason)
        assert request.trial == 0
    trial = sweep.record.study.trials[0]
    assert trial.state == TrialState.FAIL and attributes.error_of(trial) == "gone"
    assert len(attributes.losses_of(trial)) == 3
    assert sweep.take().trial == 1


def test_lost_machines_take_nothing_from_what_a_sweep_bears(store: Store) -> None:
    sweep = Sweep(store, target=1, concurrency=1)
    for _ in range(MOST_MACHINES):
        lose(sweep, sweep.take(), "machine_lost")
    sweep.finish(sweep.take())
    assert sweep.over and sweep.states() == ["COMPLETE"]


@pytest.mark.parametrize("facts", [{"reason": "failed"}, {"reason": None}, {"bad_input": True}])
def test_what_need_not_happen_again_is_tried_again_only_if_the_study_says_so(
    store: Store, facts: dict[str, Any]
) -> None:
    sweep = Sweep(store, concurrency=1)
    sweep.finish(sweep.take())
    sweep.fail(sweep.take(), **facts)
    assert sweep.states() == ["COMPLETE", "FAIL"]
    again = Sweep(store, name="again", concurrency=1, retry={"on": ["failed"]})
    again.fail(again.take(), **facts)
    assert again.states() == (["RUNNING"] if facts.get("reason") else ["FAIL"])


def test_a_lost_trial_outlives_its_sweep(store: Store) -> None:
    before = Sweep(store, concurrency=1)
    lose(before, request := before.take())
    after = Sweep(store, concurrency=1)
    assert after.take() == request
    assert attributes.attempt_of(after.record.study.trials[0]) == 2
