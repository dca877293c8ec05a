"""Studies with conditions, lists as choices, listed points and formulas, from file to best."""

from __future__ import annotations

from typing import Any

import pytest

from sem_ray.store import Store
from sem_ray.studies.definition.study_file import study_from
from sem_ray.studies.definition.study_spec import StudySpec
from sem_ray.studies.journal.storage import load_study
from sem_ray.studies.queries import best, status
from sem_ray.studies.run.sweep import run_sweep
from tests.studies.fakes import instant, study, tree
from tests.studies.run.in_process import InProcess

SEARCH: dict[str, dict[str, Any]] = {
    "noise.method": {"choices": ["sem", "tap"]},
    "noise.steps": {"low": 1, "high": 5, "when": {"noise.method": "sem"}},
    "noise.tap.steps": {"low": 1, "high": 5, "when": {"noise.method": "tap"}},
    "victim.radii": {"choices": [[0, 4], [4]]},
}


def swept(spec: StudySpec, store: Store, trials: int | None = None) -> list[dict[str, Any]]:
    """The values of each trial, once the study has been swept without Ray."""
    result = run_sweep(spec, store, trials=trials, experiment=instant, backend=InProcess())
    assert result.ok
    return [trial.params for trial in load_study(store, spec.name).study.get_trials()]


@pytest.mark.parametrize("sampler", ["tpe", "random", "qmc", "grid"])
def test_a_conditional_study_goes_on_as_if_it_had_not_stopped(store: Store, sampler: str) -> None:
    first = {"noise.method": "tap", "noise.tap.steps": 4}
    spec = study(search=SEARCH, sampler={"name": sampler}, enqueue=[first], trials=6)
    swept(spec, store, trials=2)
    found = swept(spec, store)
    assert len(found) == 6 and first.items() <= found[0].items()
    whole = swept(spec.model_copy(update={"name": "whole"}), store)
    assert found == whole
    for values in found:
        method = values["noise.method"]
        assert ("noise.steps" in values) == (method == "sem")
        assert ("noise.tap.steps" in values) == (method == "tap")


def test_the_best_of_a_conditional_study_has_its_settings(store: Store) -> None:
    spec = study(search=SEARCH, derived={"surrogate.radius": "noise.radius / 4"}, trials=5)
    swept(spec, store)
    found = best(store, "tiny").spec
    assert found.surrogate.radius == found.noise.radius / 4
    assert {row.state for row in status(store, "tiny").rows} == {"complete"}


def test_listed_configurations_run_once_each_with_every_seed(store: Store) -> None:
    points: list[dict[str, Any]] = [{"noise.radius": 16}, {"noise.steps": 3, "victim.radii": [4]}]
    without = {key: value for key, value in tree().items() if key not in ("search", "trials")}
    spec = study_from({**without, "points": points, "seeds": [3, 5]}, "test.yaml")
    held: list[dict[str, Any]] = [points[0], {"noise.steps": 3, "victim.radii": "[4]"}]
    found = swept(spec, store)
    assert sorted(map(repr, found)) == sorted(map(repr, [*held, *held, *confirming(spec, held)]))
    assert swept(spec, store) == found


def confirming(spec: StudySpec, held: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Runs of the winner that had no part in the choice: the larger radius protects best here."""
    return [held[0]] * spec.runs_each.confirm
