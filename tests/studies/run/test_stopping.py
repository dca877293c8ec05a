"""Trials measured at rungs, stopped there or not, and what the journal says of it."""

from __future__ import annotations

from typing import Any

from optuna.trial import TrialState

from sem_ray.metrics.measurement import means
from sem_ray.store import Store
from sem_ray.studies.journal import trial_attributes as attributes
from sem_ray.studies.journal.trial_report import RungReport, Stopped
from sem_ray.studies.run.trial_queue import TrialRequest
from tests.studies.fakes import METRIC, measured
from tests.studies.run.queue_driver import Sweep

EARLY: dict[str, Any] = {"scheduler": "asha", "rungs": [0.25, 0.5], "reduction": 2, "startup": 2}


def sweep_of(store: Store, **changes: Any) -> Sweep:
    settings: dict[str, Any] = {"early_stopping": EARLY, "concurrency": None, "target": 4}
    return Sweep(store, **(settings | changes))


def at(sweep: Sweep, request: TrialRequest, rung: int, value: float, **others: float) -> bool:
    """Whether a trial that measures `value` at a rung is told to stop."""
    found = measured(request.spec, **{METRIC: value, **others})
    report = RungReport(rung=rung, measurements=found, seconds=0.5 + rung)
    return sweep.queue.rung(request.trial, report)


def stop(sweep: Sweep, request: TrialRequest, rung: int) -> None:
    sweep.queue.end(request.trial, Stopped(rung=rung, seconds=0.75))


def test_a_trial_that_is_worse_than_half_of_the_others_is_stopped(store: Store) -> None:
    sweep = sweep_of(store)
    first, second, third = sweep.take(), sweep.take(), sweep.take()
    assert not at(sweep, first, 0, 50)
    assert at(sweep, second, 0, 60)
    assert not at(sweep, third, 0, 40)
    assert not at(sweep, third, 1, 30)


def test_a_stopped_trial_is_pruned_with_its_values_and_counts_as_one_of_the_search(
    store: Store,
) -> None:
    sweep = sweep_of(store, target=2)
    first, second = sweep.take(), sweep.take()
    assert not at(sweep, first, 0, 50) and at(sweep, second, 0, 60)
    stop(sweep, second, 0)
    sweep.finish(first)
    trial = sweep.record.study.trials[1]
    assert trial.state == TrialState.PRUNED
    assert (trial.value, trial.intermediate_values) == (60, {0: 60})
    ((report, stops),) = attributes.rungs_of(trial)
    assert stops and means(report.measurements)[METRIC] == 60
    assert attributes.pruned_at(trial) == 0 and attributes.seconds_of(trial) == 0.75
    assert sweep.over and sweep.seen[-2] == (1, TrialState.PRUNED)
    assert sweep.queue.configurations.complete == 2


def test_with_several_objectives_the_rungs_are_attributes_and_the_trial_is_pruned(
    store: Store,
) -> None:
    goals = [{"metric": METRIC}, {"metric": "generation_seconds"}]
    early = EARLY | {"scheduler": "pareto-asha"}
    sweep = sweep_of(store, objectives=goals, early_stopping=early)
    requests = [sweep.take() for _ in range(4)]
    told = [
        at(sweep, request, 0, value, generation_seconds=seconds)
        for request, value, seconds in zip(requests, (50, 60, 60, 40), (5, 1, 5, 3), strict=True)
    ]
    assert told == [False, False, True, False]
    stop(sweep, requests[2], 0)
    trial = sweep.record.study.trials[2]
    assert trial.state == TrialState.PRUNED and trial.values is None
    assert [report.rung for report, _ in attributes.rungs_of(trial)] == [0]


def test_a_restart_changes_no_decision(store: Store) -> None:
    """What later trials are held against is in the journal, and so is each answer."""
    before = sweep_of(store)
    first, second, third = before.take(), before.take(), before.take()
    assert not at(before, first, 0, 50) and at(before, second, 0, 60)
    after = sweep_of(store)
    again = {request.trial: request for request in (after.take(), after.take(), after.take())}
    assert all(again[one.trial].rungs for one in (first, second, third))
    # 70 would be stopped in any case; that 60 was stopped is known although 80 has come since.
    assert at(after, again[third.trial], 0, 70)
    assert at(after, again[second.trial], 0, 60) and not at(after, again[first.trial], 0, 50)
    rungs = [attributes.rungs_of(trial) for trial in after.record.study.trials]
    assert [[stops for _, stops in one] for one in rungs] == [[False], [True], [True]]


def test_only_the_first_run_of_a_configuration_has_rungs_and_it_runs_first(store: Store) -> None:
    sweep = sweep_of(store, target=2, replicates={"min": 2, "max": 2, "confirm": 0})
    first, other = sweep.take(), sweep.take()
    assert first.rungs and other.rungs and sweep.waits
    assert not at(sweep, first, 0, 50) and at(sweep, other, 0, 60)
    stop(sweep, other, 0)
    sweep.finish(first)
    further = sweep.take()
    assert not further.rungs and further.spec.seed == first.spec.seed + 1
    sweep.finish(further)
    assert sweep.over and sweep.states() == ["COMPLETE", "PRUNED", "COMPLETE"]


def test_without_early_stopping_no_trial_has_rungs(store: Store) -> None:
    assert not Sweep(store).take().rungs


def test_a_rung_that_cannot_be_optimised_stops_nobody_and_is_held_against_nobody(
    store: Store,
) -> None:
    sweep = sweep_of(store)
    first, second = sweep.take(), sweep.take()
    assert not at(sweep, first, 0, float("nan"))
    assert not at(sweep, second, 0, 60)


def test_a_rung_of_a_trial_that_has_ended_is_ignored(store: Store) -> None:
    sweep = sweep_of(store)
    request = sweep.take()
    sweep.finish(request)
    assert not at(sweep, request, 0, 50)
    assert attributes.rungs_of(sweep.record.study.trials[0]) == ()


def test_the_sampler_sees_a_stopped_configuration_with_what_it_reached(store: Store) -> None:
    sweep = sweep_of(store)
    first, second = sweep.take(), sweep.take()
    assert not at(sweep, first, 0, 50) and at(sweep, second, 0, 60)
    stop(sweep, second, 0)
    seen = sweep.queue._proposals.view.trials[1]
    assert seen.state == TrialState.PRUNED and seen.intermediate_values == {0: 60}
    reopened = sweep_of(store).queue._proposals.view.trials[1]
    assert (reopened.state, reopened.intermediate_values) == (TrialState.PRUNED, {0: 60})
