"""A study that begins with what another one has found."""

from __future__ import annotations

from typing import Any

import pytest

from sem_ray.errors import BadInput
from sem_ray.store import Store
from sem_ray.studies.journal import trial_attributes as attributes
from sem_ray.studies.journal.storage import load_study, studies
from sem_ray.studies.queries import best, status
from sem_ray.studies.run.amendments import Amendments
from sem_ray.studies.run.sweep import SweepResult, run_sweep
from tests.studies.fakes import hopeless, instant, study
from tests.studies.recording.tracked import states
from tests.studies.run.in_process import InProcess

GRID: dict[str, Any] = {
    "search": {"noise.radius": {"choices": [8, 12, 16]}},
    "sampler": {"name": "grid"},
    "trials": 3,
}
FROM_OLD = Amendments(seeded_from="old")


def swept(store: Store, experiment: Any = instant, **facts: Any) -> SweepResult:
    amendments = facts.pop("amendments", Amendments())
    spec = study(**{**GRID, **facts})
    return run_sweep(spec, store, experiment=experiment, backend=InProcess(), amendments=amendments)


def seeded(store: Store, experiment: Any = instant, **facts: Any) -> SweepResult:
    return swept(store, experiment, name="new", amendments=FROM_OLD, **facts)


def test_a_larger_space_begins_with_the_trials_that_lie_in_it(store: Store) -> None:
    swept(store, name="old")
    search = {"noise.radius": {"choices": [12, 16, 24]}}
    done = seeded(store, search=search)
    assert done.ok and (done.imported, done.complete) == (2, 3)
    trials = load_study(store, "new").study.trials
    assert [trial.params["noise.radius"] for trial in trials] == [12, 16, 24]
    origins = [trial.user_attrs.get(attributes.IMPORTED) for trial in trials]
    assert origins == ["old/1", "old/2", None]
    old = load_study(store, "old").study.trials
    carried = (attributes.SPEC, attributes.MEASUREMENTS, attributes.NOISE, attributes.SECONDS)
    assert all(trials[0].user_attrs[key] == old[1].user_attrs[key] for key in carried)
    assert best(store, "new").spec.noise.radius == 24
    assert {tag for tag in states(store) if tag.startswith("new")} == {
        *("new", "new/0", "new/1", "new/2")
    }


def test_nothing_runs_again_and_nothing_is_taken_over_twice(store: Store) -> None:
    swept(store, name="old")
    first = seeded(store, hopeless)
    assert first.ok and first.imported == 3
    again = seeded(store, hopeless)
    assert again.ok and (again.imported, again.complete) == (0, 3)
    assert len(status(store, "new").rows) == 3


def test_what_one_study_searched_another_may_have_fixed(store: Store) -> None:
    swept(store, name="old", base={"noise": {"steps": 3}})
    search = {"noise.radius": {"choices": [8, 12]}, "noise.steps": {"low": 1, "high": 4}}
    done = seeded(store, search=search, trials=2)
    assert done.ok and done.imported == 2
    (first, second) = load_study(store, "new").study.trials
    assert first.params == {"noise.radius": 8, "noise.steps": 3}
    assert second.params == {"noise.radius": 12, "noise.steps": 3}


def test_replicates_keep_their_seeds(store: Store) -> None:
    swept(store, name="old", seeds=[3, 5])
    done = seeded(store, seeds=[3, 5, 7])
    assert done.ok
    rows = status(store, "new").rows
    kept = {(row.values["noise.radius"], row.seed) for row in rows[: done.imported]}
    assert kept >= {(radius, seed) for radius in (8, 12, 16) for seed in (3, 5)}
    assert len({(row.values["noise.radius"], row.seed) for row in rows}) == len(rows)


UNFIT: dict[str, dict[str, Any]] = {
    "another base": {"base": {"surrogate": {"steps": 4}}},
    "another seed": {"base": {"seed": 4}},
    "another space": {"search": {"noise.radius": {"choices": [20, 24]}}},
    "an objective it did not measure": {"base": {"victim": {"radii": [0, 4, 8]}}},
}


@pytest.mark.parametrize("facts", UNFIT.values(), ids=UNFIT)
def test_trials_that_the_study_would_not_run_are_refused(
    store: Store, facts: dict[str, Any]
) -> None:
    swept(store, name="old")
    with pytest.raises(BadInput, match="no finished trial of study old is one that study new"):
        seeded(store, **facts)
    assert studies(store) == ["old"]


def test_a_study_to_take_from_that_is_not_there_is_refused_before_anything(store: Store) -> None:
    with pytest.raises(BadInput, match="no study 'old' in"):
        seeded(store)
    assert studies(store) == []
