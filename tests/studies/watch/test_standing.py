"""How a study stands, counted trial by trial."""

from __future__ import annotations

import pytest

from sem_ray.device_use import DeviceUse
from sem_ray.store import Store
from sem_ray.studies.journal.trial_report import Failed, RungReport, Stopped
from sem_ray.studies.watch.standing import RungCount, Standing, Tally, standing
from tests.studies.fakes import METRIC, measured
from tests.studies.run.queue_driver import Sweep


def stands(sweep: Sweep) -> Standing:
    tally = Tally()
    for _ in range(2):  # what was counted once is not counted again
        for trial in sweep.record.study.get_trials(deepcopy=False):
            tally.take(trial)
    return standing(sweep.record.configurations(), tally)


def test_before_the_first_trial_everything_is_left(store: Store) -> None:
    found = stands(Sweep(store, target=3))
    assert (found.configurations, found.wanted, found.runs, found.runs_left) == (0, 3, 0, 3)
    assert found.leader is None and found.front == 0 and found.seconds == ()


def test_trials_are_counted_by_how_they_ended(store: Store) -> None:
    sweep = Sweep(store, target=3)
    sweep.finish(sweep.take())
    sweep.fail(sweep.take())
    sweep.take()
    found = stands(sweep)
    assert (found.runs, found.failed, found.runs_left) == (1, 1, 2)
    assert found.seconds == (1.5,)


def test_the_best_mean_leads_without_an_interval_of_one_seed(store: Store) -> None:
    sweep = Sweep(store, target=3)
    for value in (50.0, 30.0, 40.0):
        sweep.finish(sweep.take(), **{METRIC: value})
    leader = stands(sweep).leader
    assert leader is not None
    assert (leader.configuration, leader.estimate.value, leader.estimate.known) == (1, 30, False)
    assert not leader.decided


def test_seeds_give_an_interval_and_the_race_says_who_is_tied(store: Store) -> None:
    sweep = Sweep(store, target=2, replicates={"min": 2, "max": 2, "confirm": 0})
    for value in (50.0, 52.0, 50.5, 53.0):
        sweep.finish(sweep.take(), **{METRIC: value})
    found = stands(sweep)
    assert found.leader is not None
    assert (found.leader.configuration, found.leader.estimate.value) == (0, 51)
    assert found.leader.estimate.samples == 2 and found.leader.estimate.known
    assert (found.leader.tied, found.leader.decided) == (1, True)


def test_of_several_objectives_the_front_is_counted(store: Store) -> None:
    goals = [{"metric": METRIC}, {"metric": "generation_seconds"}]
    sweep = Sweep(store, target=3, objectives=goals)
    for accuracy, seconds in ((50.0, 9.0), (40.0, 10.0), (60.0, 12.0)):
        sweep.finish(sweep.take(), **{METRIC: accuracy, "generation_seconds": seconds})
    assert stands(sweep).front == 2


def test_a_configuration_that_breaks_a_constraint_does_not_lead(store: Store) -> None:
    sweep = Sweep(store, target=2, constraints=["generation_seconds < 5"])
    for accuracy, seconds in ((50.0, 1.0), (20.0, 9.0)):
        sweep.finish(sweep.take(), **{METRIC: accuracy, "generation_seconds": seconds})
    leader = stands(sweep).leader
    assert leader is not None and leader.configuration == 0


def test_device_hours_are_those_of_trials_that_say_what_they_took(store: Store) -> None:
    sweep = Sweep(store, target=4)
    gpu = DeviceUse(cpus=1, gpus=0.5)
    for device in (gpu, DeviceUse(cpus=4)):
        request = sweep.take()
        sweep.queue.end(request.trial, Failed(error="no luck", seconds=3600, device=device))
    assert stands(sweep).device_hours == pytest.approx({"GPU-hours": 0.5, "core-hours": 4})


def test_rungs_are_counted_as_trials_pass_them_or_stop_there(store: Store) -> None:
    rungs = {"scheduler": "asha", "rungs": [0.25, 0.5], "reduction": 2, "startup": 2}
    sweep = Sweep(store, target=3, early_stopping=rungs)
    for value in (50.0, 60.0, 40.0):
        request = sweep.take()
        measured_there = measured(request.spec, **{METRIC: value})
        report = RungReport(rung=0, measurements=measured_there, seconds=0.5)
        if sweep.queue.rung(request.trial, report):
            sweep.queue.end(request.trial, Stopped(rung=0, seconds=0.5))
        else:
            sweep.finish(request, **{METRIC: value})
    found = stands(sweep)
    assert found.rungs == (RungCount(0.25, 3, found.pruned), RungCount(0.5, 0, 0))
    assert found.pruned == 1
