"""Trials that share a stage: one makes it, and the others hold no device meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from sem_ray.progress import Progress
from sem_ray.spec import ExperimentSpec
from sem_ray.store import Store
from sem_ray.studies.journal.trial_report import Waiting
from sem_ray.studies.run.sharing import FEW, MANY, SharedStages, generation_of, most_held
from tests.samples import tiny_spec
from tests.studies.run.queue_driver import Sweep

NOISE = Progress("noise", 1, 2)
VICTIM = Progress("victim ρ=0 clean", 0, 2)


def downstream(rate: float, **changes: Any) -> ExperimentSpec:
    """Of one noise, whatever the rate."""
    return tiny_spec(victim={"learning_rate": rate}, **changes)


def test_trials_share_what_is_upstream_of_their_difference() -> None:
    one = generation_of(downstream(0.1))
    assert one == generation_of(downstream(0.2)) == generation_of(downstream(0.1))
    assert one & generation_of(tiny_spec(noise={"final_steps": 9})), "the surrogate"
    assert not one & generation_of(tiny_spec(seed=1))
    assert not one & generation_of(tiny_spec(data={"limit": 40}))
    auto = generation_of(tiny_spec(precision="auto"))
    assert auto == generation_of(tiny_spec(precision="auto", victim={"steps": 9}))


def test_one_makes_the_noise_while_the_others_are_held_back_and_another_noise_goes_ahead() -> None:
    shared = SharedStages(most=MANY)
    assert shared.start(0, downstream(0.1))
    assert not shared.start(1, downstream(0.2))
    assert shared.start(2, downstream(0.1, seed=1))
    assert not shared.start(3, downstream(0.2, seed=1))
    assert shared.held == {1, 3} and shared.ready() is None
    shared.progress(2, NOISE)
    assert shared.ready() is None
    shared.progress(2, VICTIM)
    held = shared.ready()
    assert held is not None and held.trial == 3
    shared.end(0)
    held = shared.ready()
    assert held is not None and held.trial == 1
    assert shared.held == frozenset()


def test_of_those_held_back_for_one_noise_one_makes_it_if_its_maker_fails() -> None:
    shared = SharedStages(most=MANY)
    starts = [shared.start(number, downstream(0.1 + number)) for number in range(3)]
    assert starts == [True, False, False]
    shared.end(0)
    held = shared.ready()
    assert held is not None and held.trial == 1
    assert shared.ready() is None


def test_a_trial_that_gave_its_device_back_starts_once_the_stage_is_free() -> None:
    shared, free = SharedStages(), [False]
    assert shared.start(0, downstream(0.1))
    shared.hold(0, downstream(0.1), lambda: free[0])
    assert shared.ready() is None and shared.held == {0}
    free[0] = True
    held = shared.ready()
    assert held is not None and held.trial == 0 and shared.ready() is None


@pytest.mark.parametrize("sampler", ["tpe", "gp", "nsga2"])
def test_a_sampler_that_learns_is_asked_for_as_few_proposals_ahead_as_trials_run(
    sampler: str,
) -> None:
    shared = SharedStages(most_held(sampler))
    assert shared.most == FEW and most_held("grid") == MANY
    assert shared.start(0, downstream(0.1)) and not shared.full
    assert not shared.start(1, downstream(0.2)) and shared.full


SEARCH = {
    "noise.radius": {"choices": [8, 16]},
    "victim.learning_rate": {"choices": [0.05, 0.1]},
}


def test_the_queue_gives_trials_of_different_noises_first(store: Store) -> None:
    sweep = Sweep(store, search=SEARCH, sampler={"name": "grid"}, concurrency=4)
    first, second = sweep.take(), sweep.take()
    assert first.spec.noise.radius != second.spec.noise.radius
    assert sweep.waits and len(sweep.queue.running) == 4, "two are held back"
    assert sweep.states() == ["RUNNING"] * 4
    sweep.queue.progress(first.trial, NOISE)
    assert sweep.waits
    sweep.queue.progress(first.trial, VICTIM)
    third = sweep.take()
    assert third.spec.noise.radius == first.spec.noise.radius
    assert sweep.waits
    sweep.finish(second)
    for request in (sweep.take(), third, first):
        sweep.finish(request)
    assert sweep.over and sweep.states() == ["COMPLETE"] * 4
    assert {trial for trial, _ in sweep.seen} == {0, 1, 2, 3}


def test_a_trial_that_waits_for_another_sweep_runs_again_with_its_values(store: Store) -> None:
    sweep = Sweep(store, target=1)
    request = sweep.take()
    with store.making("noise", "abc"):
        sweep.queue.end(request.trial, Waiting(kind="noise", identity="abc"))
        assert sweep.waits and sweep.states() == ["RUNNING"]
    again = sweep.take()
    assert again == request
    sweep.finish(again)
    assert sweep.over and sweep.states() == ["COMPLETE"]


def test_trials_that_were_held_back_are_run_by_the_next_sweep(store: Store) -> None:
    wanted: dict[str, Any] = {"search": SEARCH, "sampler": {"name": "grid"}, "concurrency": 4}
    before = Sweep(store, **wanted)
    before.take()
    before.take()
    assert before.waits and before.states() == ["RUNNING"] * 4
    after = Sweep(store, **wanted)
    for _ in range(4):
        after.finish(after.take())
    assert after.over and after.states() == ["COMPLETE"] * 4
