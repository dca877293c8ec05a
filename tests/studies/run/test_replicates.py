"""Configurations run with several seeds: whole sweeps with real records, whose experiments are made
up."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import fmean
from typing import Any

import pytest
from optuna.trial import TrialState

from sem_ray.errors import BadInput
from sem_ray.pipeline import Backend
from sem_ray.progress import ProgressSink, silent
from sem_ray.records.names import CONFIGURATION_TAG, REPLICATE_TAG
from sem_ray.spec import ExperimentSpec
from sem_ray.store import Store
from sem_ray.studies.definition.study_spec import StudySpec
from sem_ray.studies.journal.storage import load_study
from sem_ray.studies.queries import best, status
from sem_ray.studies.run.proposals import Proposals
from sem_ray.studies.run.sweep import SweepResult, run_sweep
from tests.studies import fakes
from tests.studies.fakes import METRIC, Made, study
from tests.studies.finished import RACED, raced_study
from tests.studies.recording.tracked import runs as tracked
from tests.studies.recording.tracked import states
from tests.studies.run.in_process import InProcess
from tests.studies.run.queue_driver import Sweep

VALUES = {8: 50.0, 12: 32.0, 16: 30.0, 20: 60.0}
"""What seed 10 finds by radius; 16 is lucky there."""


def lucky(
    spec: ExperimentSpec, store: Store, *, backend: Backend, sink: ProgressSink = silent
) -> Made:
    """The largest radius but one has luck with the study's own seed, 10, alone."""
    luck = 0.0 if spec.seed == 10 or spec.noise.radius != 16 else 20.0
    value = VALUES[int(spec.noise.radius)] + luck + (spec.seed - 10)
    return Made(f"noise-{spec.noise.radius:g}-{spec.seed}", {METRIC: value})


def swept(store: Store, spec: StudySpec | None = None, **options: Any) -> SweepResult:
    usual: dict[str, Any] = {"experiment": lucky, "backend": InProcess(), **options}
    return run_sweep(spec or raced_study(), store, **usual)


def runs(store: Store) -> list[tuple[int, int]]:
    """(configuration, seed) of the finished trials, in their order."""
    rows = status(store, "tiny").rows
    return [(row.configuration, row.seed or 0) for row in rows if row.state == "complete"]


SEARCH = [(number, 10) for number in range(4)]
FURTHER = [(2, 11), (1, 11), (1, 12), (2, 12), (1, 13), (1, 14)]


def test_the_search_then_the_race_then_the_winner_with_seeds_of_its_own(store: Store) -> None:
    result = swept(store)
    assert result.ok and (result.complete, result.target) == (10, 10)
    assert runs(store) == SEARCH + FURTHER
    found = best(store, "tiny")
    assert (found.trial, found.spec.noise.radius, found.spec.seed) == (1, 12, 10)
    assert {m.seed for m in found.measurements} == {13, 14} and found.value == 35.5
    comparison = found.comparison
    assert comparison is not None and comparison == status(store, "tiny").comparison
    assert comparison.estimate is not None and comparison.estimate.value == 35.5
    assert [one.trial for one in comparison.contenders] == [1, 2] and comparison.decided
    assert comparison.others[0].verdict == "cannot be told apart" and comparison.not_compared == 2
    assert status(store, "tiny").leaders == (1, 5, 6, 8, 9)


def test_a_finished_study_is_no_work_and_more_seeds_go_on(store: Store) -> None:
    swept(store)
    before = status(store, "tiny").rows
    assert swept(store, experiment=fakes.hopeless).ok
    assert status(store, "tiny").rows == before
    more = swept(store, raced_study(replicates={**RACED["replicates"], "max": 4}))
    # Configuration 1 has run with 13 and 14; of the seeds that are now its own, one is missing.
    assert more.ok and runs(store)[10:] == [(2, 13), (1, 15)]
    other = raced_study(replicates={"min": 1, "max": 3, "finalists": 2, "seeds": [10, 20]})
    with pytest.raises(BadInput, match="its run 2 of each configuration has seed 11, not 20"):
        swept(store, other)


class Killed(BaseException):
    """Ends a sweep as a signal does: nothing is written down."""


class Mortal(InProcess):
    """Lives for some trials, and is killed while the next one runs."""

    def __init__(self, lives: int) -> None:
        object.__setattr__(self, "_left", iter(range(lives)))

    def run(self, queue: Any, setting: Any) -> None:
        left: Iterator[int] = self._left  # type: ignore[attr-defined]

        def experiment(*given: Any, **options: Any) -> Made:
            if next(left, None) is None:
                raise Killed
            return lucky(*given, **options)

        super().run(queue, type(setting)(experiment, setting.store, setting.resources))


@pytest.mark.parametrize("lives", [3, 4, 5, 7, 8, 9])
def test_a_sweep_killed_in_any_round_goes_on_to_the_same_answer(store: Store, lives: int) -> None:
    with pytest.raises(Killed):
        swept(store, backend=Mortal(lives))
    cut_off = load_study(store, "tiny").study.get_trials(states=(TrialState.RUNNING,))
    assert len(cut_off) == 1 and len(runs(store)) == lives
    seen = status(store, "tiny")
    assert (seen.complete, seen.trials, seen.rows[-1].state) == (lives, 10, "interrupted")
    assert swept(store).ok
    assert runs(store) == SEARCH + FURTHER
    assert len(load_study(store, "tiny").study.trials) == 10


def test_the_race_waits_for_the_whole_search_and_its_rounds_run_side_by_side(store: Store) -> None:
    sweep = Sweep(store, concurrency=3, **RACED)
    search = [sweep.take() for _ in range(3)]
    sweep.finish(search[0])
    last = sweep.take()
    sweep.finish(search[1])
    assert sweep.waits  # the two that run may be among the best
    sweep.finish(search[2])
    sweep.finish(last)
    further = [sweep.take() for _ in range(2)]
    assert [(r.spec.noise.radius, r.spec.seed) for r in further] == [(20, 11), (16, 11)]
    assert sweep.waits  # who runs with a third seed depends on the second


def test_a_failed_further_run_is_replaced(store: Store) -> None:
    failed: list[int] = []

    def once(spec: ExperimentSpec, *given: Any, **options: Any) -> Made:
        if spec.seed == 12 and not failed:
            failed.append(spec.seed)
            raise RuntimeError("out of luck")
        return lucky(spec, *given, **options)

    result = swept(store, experiment=once)
    assert len(result.failed) == 1 and result.complete == 10
    assert sorted(runs(store)) == sorted(SEARCH + FURTHER)


def test_further_runs_are_marked_in_the_tracking_server(store: Store) -> None:
    swept(store)
    trials = (f"tiny/{number}" for number in range(10))
    configurations = (f"tiny/configuration {number}" for number in range(4))
    assert states(store) == dict.fromkeys(("tiny", *trials, *configurations), "FINISHED")
    tags = {name: run.data.tags for name, run in tracked(store).items()}
    assert {REPLICATE_TAG, CONFIGURATION_TAG}.isdisjoint(tags["tiny/1"])
    assert (tags["tiny/5"][CONFIGURATION_TAG], tags["tiny/5"][REPLICATE_TAG]) == ("1", "1")


def test_until_a_round_is_over_the_best_mean_answers(store: Store) -> None:
    with pytest.raises(Killed):
        swept(store, backend=Mortal(5))
    found = best(store, "tiny")
    assert (found.trial, found.value, found.comparison) == (1, 32.0, None)


def test_until_the_winner_has_run_again_the_seeds_that_chose_it_answer(store: Store) -> None:
    with pytest.raises(Killed):
        swept(store, backend=Mortal(9))
    found = best(store, "tiny")
    assert found.trial == 1 and {m.seed for m in found.measurements} == {10, 11, 12}
    assert found.comparison is not None and found.comparison.estimate is None


EVEN: dict[str, Any] = {
    "search": {"noise.radius": {"choices": [8, 12, 20]}},
    "sampler": {"name": "grid"},
    "trials": 3,
    "seeds": [10, 11, 12],
    "base": {"seed": 10},
}


def test_with_a_list_of_seeds_every_configuration_runs_with_each(store: Store) -> None:
    assert swept(store, study(**EVEN)).ok
    assert runs(store)[:9] == [(c, seed) for c in (0, 3, 6) for seed in (10, 11, 12)]
    assert runs(store)[9:] == [(3, seed) for seed in (13, 14, 15, 16)]
    found = best(store, "tiny")
    assert found.trial == 3 and found.comparison is not None and found.comparison.not_compared == 0
    assert [one.verdict for one in found.comparison.others] == ["worse", "worse"]


def test_a_configuration_whose_first_run_fails_gets_no_further_seed(store: Store) -> None:
    def fails(spec: ExperimentSpec, *given: Any, **options: Any) -> Made:
        if spec.noise.radius == 12:
            raise RuntimeError("out of luck")
        return lucky(spec, *given, **options)

    result = swept(store, study(**{**EVEN, "trials": 2}), experiment=fails)
    assert len(result.failed) == 1 and result.complete == 10
    assert {configuration for configuration, _ in runs(store)} == {0, 4}


def test_the_sampler_learns_from_means(store: Store) -> None:
    """A third configuration is proposed from two means, which differ from the first seeds' results
    in their order."""
    spec = study(**{**EVEN, "sampler": {"name": "tpe", "startup_trials": 2}, "trials": 4})
    swept(store, spec)
    view = Proposals(load_study(store, "tiny"), load_study(store, "tiny").configurations()).view
    values = [trial.value for trial in view.get_trials(deepcopy=False)]
    rows = status(store, "tiny").rows
    for place, configuration in enumerate(load_study(store, "tiny").configurations()):
        own = [row.value for row in rows if row.configuration == configuration.number]
        assert values[place] == pytest.approx(fmean([v for v in own[:3] if v is not None]))
