"""Finalists of a study run again with further seeds: whole sweeps with real records, whose
experiments are made up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from optuna.trial import TrialState

from sem_ray.pipeline import Backend
from sem_ray.progress import ProgressSink, silent
from sem_ray.spec import ExperimentSpec
from sem_ray.store import Store
from sem_ray.studies.definition.study_spec import StudySpec
from sem_ray.studies.journal.storage import load_study
from sem_ray.studies.queries import best, status
from sem_ray.studies.recording.trial_runs import CONFIGURATION_TAG, REPLICATE_TAG
from sem_ray.studies.run.sweep import SweepResult, run_sweep
from tests.studies import fakes
from tests.studies.fakes import METRIC, Made
from tests.studies.finished import FINALISTS, finalists_study
from tests.studies.recording.tracked import runs as tracked
from tests.studies.recording.tracked import states
from tests.studies.run.in_process import InProcess
from tests.studies.run.queue_driver import Sweep

VALUES = {8: 50.0, 12: 32.0, 16: 30.0, 20: 60.0}
"""What the search finds by radius; 16 is lucky there."""


def lucky(
    spec: ExperimentSpec, store: Store, *, backend: Backend, sink: ProgressSink = silent
) -> Made:
    """The largest radius but one has luck with the study's own seed, 10, alone."""
    luck = 0.0 if spec.seed == 10 or spec.noise.radius != 16 else 20.0
    value = VALUES[int(spec.noise.radius)] + luck + (spec.seed - 10)
    return Made(f"noise-{spec.noise.radius:g}-{spec.seed}", {METRIC: value})


def swept(store: Store, spec: StudySpec | None = None, **options: Any) -> SweepResult:
    usual: dict[str, Any] = {"experiment": lucky, "backend": InProcess(), **options}
    return run_sweep(spec or finalists_study(), store, **usual)


def runs(store: Store) -> list[tuple[int, int]]:
    """(configuration, seed) of the finished trials, in their order."""
    rows = status(store, "tiny").rows
    return [(row.configuration, row.seed or 0) for row in rows if row.state == "complete"]


SEARCH = [(number, 10) for number in range(4)]
FURTHER = [(2, 11), (1, 11), (2, 12), (1, 12), (1, 13), (1, 14)]


def test_the_search_then_the_finalists_then_the_winner_with_seeds_of_its_own(store: Store) -> None:
    result = swept(store)
    assert result.ok and (result.complete, result.target) == (10, 10)
    assert runs(store) == SEARCH + FURTHER
    found = best(store, "tiny")
    assert (found.trial, found.spec.noise.radius, found.spec.seed) == (1, 12, 10)
    assert {m.seed for m in found.measurements} == {13, 14} and found.value == 35.5
    comparison = found.comparison
    assert comparison is not None and comparison == status(store, "tiny").comparison
    assert comparison.estimate is not None and comparison.estimate.value == 35.5
    assert [finalist.trial for finalist in comparison.finalists] == [1, 2]
    assert comparison.others[0].verdict == "worse"
    assert status(store, "tiny").leaders == (1, 5, 7, 8, 9)


def test_a_finished_study_is_no_work_and_more_seeds_go_on(store: Store) -> None:
    swept(store)
    before = status(store, "tiny").rows
    assert swept(store, experiment=fakes.hopeless).ok
    assert status(store, "tiny").rows == before
    more = swept(store, finalists_study(finalists={"count": 2, "seeds": 3}))
    # Trial 1 has run with 13 and 14; of the six seeds that are now its own, two are missing.
    assert more.ok and runs(store)[10:] == [(2, 13), (1, 15), (1, 16)]


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


def test_finalists_wait_for_the_whole_search_and_then_run_side_by_side(store: Store) -> None:
    sweep = Sweep(store, concurrency=3, **FINALISTS)
    search = [sweep.take() for _ in range(3)]
    sweep.finish(search[0])
    last = sweep.take()
    sweep.finish(search[1])
    assert sweep.waits  # the two that run may be finalists
    sweep.finish(search[2])
    sweep.finish(last)
    further = [sweep.take() for _ in range(3)]
    assert [(r.spec.noise.radius, r.spec.seed) for r in further] == [(20, 11), (16, 11), (20, 12)]
    assert sweep.waits


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
    assert states(store) == dict.fromkeys(("tiny", *(f"tiny/{n}" for n in range(10))), "FINISHED")
    tags = {name: run.data.tags for name, run in tracked(store).items()}
    assert {REPLICATE_TAG, CONFIGURATION_TAG}.isdisjoint(tags["tiny/1"])
    assert (tags["tiny/5"][CONFIGURATION_TAG], tags["tiny/5"][REPLICATE_TAG]) == ("1", "1")


def test_until_the_finalists_have_run_the_search_answers(store: Store) -> None:
    with pytest.raises(Killed):
        swept(store, backend=Mortal(5))
    found = best(store, "tiny")
    assert (found.trial, found.value, found.comparison) == (2, 30.0, None)


def test_until_the_winner_has_run_again_the_seeds_that_chose_it_answer(store: Store) -> None:
    with pytest.raises(Killed):
        swept(store, backend=Mortal(9))
    found = best(store, "tiny")
    assert found.trial == 1 and {m.seed for m in found.measurements} == {11, 12}
    assert found.comparison is not None and found.comparison.estimate is None
