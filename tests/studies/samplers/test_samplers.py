"""Proposals follow from the study's seed and the trial's number, whatever was restarted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState

from sem_ray.errors import BadInput
from sem_ray.studies.definition.space.distributions import Values
from sem_ray.studies.definition.study_spec import StudySpec
from sem_ray.studies.dry_run import proposals, target_of
from sem_ray.studies.samplers.registry import sampler_for
from tests.studies.fakes import study

MIXED: dict[str, dict[str, Any]] = {
    "noise.steps": {"low": 1, "high": 5},
    "noise.step_size": {"low": 0.5, "high": 12.0, "log": True},
    "noise.perturbation_scale": {"low": 0.0, "high": 2.0},
    "noise.radius": {"choices": [8, 12, 16]},
}


def sampled(name: str, **changes: Any) -> StudySpec:
    return study(sampler={"name": name, "startup_trials": 3}, **{"search": MIXED, **changes})


def asked(spec: StudySpec, storage: optuna.Study | None = None) -> tuple[optuna.Trial, Values]:
    made = storage or optuna.create_study(sampler=sampler_for(spec))
    made.sampler = sampler_for(spec)  # as after a restart
    trial = made.ask()
    for path, distribution in spec.search.items():
        distribution.suggested(trial, path)
    return trial, dict(trial.params)


@pytest.mark.parametrize("name", ["tpe", "random", "qmc"])
def test_a_restart_before_every_trial_changes_no_proposal(name: str) -> None:
    spec = sampled(name)
    restarted = optuna.create_study()
    values = []
    for _ in range(3):
        trial, proposed = asked(spec, restarted)
        restarted.tell(trial, 1.0)
        values.append(proposed)
    assert tuple(values) == proposals(spec, 3)
    assert len({str(v) for v in values}) == 3


@pytest.mark.parametrize("name", ["tpe", "random", "qmc"])
def test_another_seed_gives_other_proposals(name: str) -> None:
    assert proposals(sampled(name), 3) != proposals(sampled(name, seed=8), 3)


@pytest.mark.parametrize("name", ["random", "qmc"])
def test_results_do_not_matter_to_samplers_that_do_not_learn(name: str) -> None:
    spec = sampled(name)
    failing = optuna.create_study()
    for expected in proposals(spec, 6):
        trial, proposed = asked(spec, failing)
        failing.tell(trial, state=TrialState.FAIL)
        assert proposed == expected


def test_tpe_learns_after_its_start() -> None:
    spec = sampled("tpe", search={"noise.perturbation_scale": {"low": 0.0, "high": 2.0}})
    made = optuna.create_study()
    for _ in range(25):
        trial, values = asked(spec, made)
        made.tell(trial, values["noise.perturbation_scale"])
    late = [t.params["noise.perturbation_scale"] for t in made.trials[15:]]
    assert sum(late) / len(late) < 0.5


def test_qmc_spreads_evenly_in_every_setting_from_the_first_trial() -> None:
    spec = sampled("qmc", search={k: v for k, v in MIXED.items() if "high" in v})
    found = proposals(spec, 16)
    shares = [v["noise.perturbation_scale"] / 2 for v in found]
    assert sorted(int(share * 16) for share in shares) == list(range(16))


def grid(**changes: Any) -> StudySpec:
    search = {
        "noise.steps": {"low": 1, "high": 3},
        "noise.step_size": {"low": 0.1, "high": 0.3, "step": 0.1},
        "noise.radius": {"choices": [8, 12]},
    }
    return study(sampler={"name": "grid"}, search=search, trials=100, **changes)


def as_rows(values: Sequence[Values]) -> list[tuple[Any, ...]]:
    return [tuple(v.values()) for v in values]


def test_a_grid_is_every_combination_once_the_last_path_fastest() -> None:
    rows = as_rows(proposals(grid(), 18))
    assert len(set(rows)) == 18
    assert [row[0] for row in rows] == [1] * 6 + [2] * 6 + [3] * 6
    assert [row[2] for row in rows[:4]] == [8, 12, 8, 12]


def test_a_failed_point_of_a_grid_comes_again_after_the_others() -> None:
    spec = grid()
    made = optuna.create_study()
    first, values = asked(spec, made)
    made.tell(first, state=TrialState.FAIL)
    others = []
    for _ in range(17):
        trial, other = asked(spec, made)
        made.tell(trial, 1.0)
        others.append(other)
    assert values not in others
    assert asked(spec, made)[1] == values


def test_a_grid_ends_at_its_points() -> None:
    assert target_of(grid(), 50) == 18
    assert target_of(grid(), 5) == 5


def test_no_trials_are_refused() -> None:
    with pytest.raises(BadInput, match="at least 1 trial, got 0"):
        target_of(study(), 0)
