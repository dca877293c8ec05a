"""Failed trials run again on request, and trials left out."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

import pytest

from sem_ray.errors import BadInput, WorkFailed
from sem_ray.pipeline import Backend
from sem_ray.progress import ProgressSink, silent
from sem_ray.spec import ExperimentSpec
from sem_ray.store import Store
from sem_ray.studies.journal import trial_attributes as attributes
from sem_ray.studies.journal.storage import load_study, studies
from sem_ray.studies.queries import best, status
from sem_ray.studies.run.amendments import SKIPPED, Amendments
from sem_ray.studies.run.sweep import SweepResult, run_sweep
from sem_ray.studies.run.trial import Experiment
from tests.studies.fakes import Made, instant, study
from tests.studies.recording.tracked import states
from tests.studies.run.in_process import InProcess
from tests.studies.run.queue_driver import Sweep

GRID: dict[str, Any] = {
    "search": {"noise.radius": {"choices": [8, 12, 16, 20, 24]}},
    "sampler": {"name": "grid"},
}
RETRY = Amendments(retry_failed=True)


def failing_at(radii: Container[float]) -> Experiment:
    def experiment(
        spec: ExperimentSpec, store: Store, *, backend: Backend, sink: ProgressSink = silent
    ) -> Made:
        if spec.noise.radius in radii:
            raise WorkFailed("out of luck")
        return instant(spec, store, backend=backend, sink=sink)

    return experiment


def swept(store: Store, experiment: Experiment = instant, **facts: Any) -> SweepResult:
    changes: dict[str, Any] = {
        key: facts.pop(key) for key in ("seeds", "trials", "search") if key in facts
    }
    spec = study(**{**GRID, **changes})
    return run_sweep(spec, store, experiment=experiment, backend=InProcess(), **facts)


def rows(store: Store) -> list[tuple[str, float]]:
    return [(row.state, row.values["noise.radius"]) for row in status(store, "tiny").rows]


def test_exactly_the_failed_trials_run_again_with_their_values(store: Store) -> None:
    first = swept(store, failing_at({8, 16}), trials=3)
    assert not first.ok and first.complete == 3
    before = rows(store)
    assert [state for state, _ in before] == ["failed", "complete"] * 2 + ["complete"]
    assert swept(store, trials=3).ok and rows(store) == before, "nothing runs again unasked"
    again = swept(store, trials=3, amendments=RETRY)
    assert again.ok and (again.complete, again.target) == (5, 5)
    assert rows(store) == [*before, ("complete", 8), ("complete", 16)]
    trials = load_study(store, "tiny").study.trials
    assert [trial.user_attrs.get(attributes.RETRY_OF) for trial in trials[5:]] == [0, 2]
    specs = [trial.user_attrs[attributes.SPEC] for trial in trials]
    assert specs[5:] == [specs[0], specs[2]]
    assert swept(store, trials=3, amendments=RETRY).complete == 5
    assert len(rows(store)) == 7
    found = best(store, "tiny")
    assert found.spec.noise.radius == 24 and list(states(store).values()).count("FAILED") == 2


def test_a_retry_that_fails_again_can_be_asked_for_again(store: Store) -> None:
    swept(store, failing_at({8}), trials=3)
    assert not swept(store, failing_at({8}), trials=3, amendments=RETRY).ok
    assert swept(store, trials=3, amendments=RETRY).ok
    assert [state for state, radius in rows(store) if radius == 8] == [
        "failed",
        "failed",
        "complete",
    ]


def test_a_retried_configuration_gets_all_its_seeds_though_the_study_has_enough(
    store: Store,
) -> None:
    before = swept(store, failing_at({8}), trials=3, seeds=[0, 1]).complete
    done = swept(store, trials=3, seeds=[0, 1], amendments=RETRY)
    assert done.ok and done.complete == before + 2
    retried = [row.seed for row in status(store, "tiny").rows if row.values["noise.radius"] == 8]
    assert retried == [0, 0, 1]


def test_a_retry_that_was_killed_is_found_by_the_next_sweep(store: Store) -> None:
    swept(store, failing_at({8}), trials=3)

    def killed(*_: Any, **__: Any) -> Made:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        swept(store, killed, trials=3, amendments=RETRY)
    assert rows(store)[-1] == ("interrupted", 8)
    assert swept(store, trials=3).ok and rows(store)[-1] == ("complete", 8)


def test_a_skipped_trial_never_runs_again_and_another_takes_its_place(store: Store) -> None:
    before = Sweep(store, **{**GRID, "trials": 3})
    request = before.take()  # radius 8, and the sweep is killed
    assert request.trial == 0
    done = swept(store, trials=3, amendments=Amendments(skip=(0,)))
    assert done.ok and done.complete == 3
    assert rows(store) == [("skipped", 8), ("complete", 12), ("complete", 16), ("complete", 20)]
    assert status(store, "tiny").rows[0].error == SKIPPED
    assert swept(store, trials=3, amendments=RETRY).complete == 3, "it stays skipped"
    assert load_study(store, "tiny").skipped == (0,)


def test_a_skipped_trial_is_not_retried_while_others_are(store: Store) -> None:
    swept(store, failing_at({8, 12}), trials=3)
    swept(store, trials=3, amendments=Amendments(retry_failed=True, skip=(1,)))
    assert rows(store)[5:] == [("complete", 8)]


@pytest.mark.parametrize(
    ("amendments", "said"),
    [
        (Amendments(skip=(0,)), "trial 0 of study tiny is finished, and its result stays"),
        (Amendments(skip=(9,)), "study tiny has no trial 9 to skip; they are 0 to 1"),
        (Amendments(seeded_from="tiny"), "study tiny has its own trials already"),
        (Amendments(seeded_from="tinny"), "no study 'tinny' in"),
    ],
)
def test_what_cannot_be_done_is_refused_and_nothing_runs(
    store: Store, amendments: Amendments, said: str
) -> None:
    swept(store, trials=2)
    with pytest.raises(BadInput, match=said):
        swept(store, trials=4, amendments=amendments)
    assert len(rows(store)) == 2


@pytest.mark.parametrize("amendments", [RETRY, Amendments(skip=(0,))])
def test_a_study_that_has_no_trials_has_none_to_amend(store: Store, amendments: Amendments) -> None:
    with pytest.raises(BadInput, match=r"study tiny has no trials in .* yet; leave out --"):
        swept(store, amendments=amendments)
    assert studies(store) == []
