"""What a dry run says, and what it refuses."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch

from sem_ray.errors import BadInput
from sem_ray.store import Store
from sem_ray.studies.definition.study_spec import StudySpec
from sem_ray.studies.plan.sweep_plan import SweepPlan
from sem_ray.studies.plan.sweep_plan import plan as planned
from sem_ray.studies.plan.work import StageWork
from sem_ray.studies.run.sweep import run_sweep
from tests.data.sources.folder_files import write_images
from tests.studies.fakes import instant, study
from tests.studies.run.in_process import InProcess

SECONDS = 0.25


def measure(stage: StageWork, device: torch.device, threads: int) -> float:
    return SECONDS


plan = partial(planned, measure=measure)
GRID: dict[str, Any] = {
    "search": {"noise.radius": {"choices": [8, 12]}, "noise.steps": {"low": 1, "high": 3}},
    "sampler": {"name": "grid"},
    "trials": 50,
}


def grid(**changes: Any) -> StudySpec:
    return study(**{**GRID, **changes})


def test_a_grid_is_planned_to_its_points() -> None:
    found = plan(grid())
    assert (found.trials, found.combinations, found.exact) == (6, 6, True)
    assert found.settings["noise.radius"] == "8 | 12"
    assert (found.least.generations, found.least.victims) == (6, 6 * 2 + 2)
    assert plan(grid(), trials=4).trials == 4


def test_a_plan_of_tpe_is_an_estimate_and_lists_what_does_not_depend_on_results() -> None:
    found = plan(study(sampler={"name": "tpe", "startup_trials": 3}), trials=50)
    assert len(found.proposals) == 3 and not found.exact
    assert found.least.trials == 50


def test_seeds_are_planned_from_the_fewest_to_the_most() -> None:
    replicates = {"min": 2, "max": 5, "finalists": 3, "confirm": 4}
    found = plan(grid(replicates=replicates))
    assert found.seeds == (2, 5)
    assert found.least.trials == 6 * 2 + 4
    assert found.most.trials == 6 * 2 + 3 * 3 + 4
    once = plan(grid())
    assert once.least == once.most


def test_device_hours_are_passes_times_images_times_the_rate() -> None:
    found = plan(grid(resources={"cpus": 2}, concurrency=1))
    assert found.least.device_hours == pytest.approx(found.least.passes * 40 * SECONDS * 2 / 3600)
    assert found.least.hours == pytest.approx(found.least.passes * 40 * SECONDS / 3600)
    assert "a trial takes 2 cores, 1 at once" in found.device
    assert {rate.source for rate in found.rates} == {"measured"}


def test_without_rates_there_are_no_hours() -> None:
    assert planned(grid(), measure=None).least.device_hours is None


def test_more_than_are_looked_at_cost_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sem_ray.studies.plan.foreseen.MOST_FORESEEN", 10)
    search = {"seed": {"low": 0, "high": 10_000}}
    found = plan(study(search=search, sampler={"name": "qmc"}), trials=1000)
    assert not found.exact
    assert (found.least.trials, found.least.generations) == (1000, 1000)


def swept(store: Store, spec: StudySpec, **changes: Any) -> None:
    run_sweep(spec, store, experiment=instant, backend=InProcess(), **changes)


def test_what_is_finished_is_not_planned_again_and_tells_the_rates(store: Store) -> None:
    swept(store, grid(), trials=4)
    found = plan(grid(), store)
    assert found.finished == 4
    assert (found.least.trials, found.least.generations) == (2, 2)
    assert {rate.source for rate in found.rates} == {"recorded"}
    swept(store, grid())
    done = plan(grid(), store).least
    assert (done.trials, done.passes, done.hours) == (0, 0, 0)


def test_another_study_of_the_same_name_is_refused(store: Store) -> None:
    swept(store, grid(), trials=1)
    other = grid(search={"noise.radius": {"choices": [8, 16]}})
    with pytest.raises(BadInput, match=r"exists in .* with another"):
        plan(other, store)


def test_a_plan_writes_nothing(tmp_path: Path) -> None:
    plan(grid(), Store(tmp_path / "store"))
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("searched", [False, True], ids=["base", "search"])
def test_images_without_a_test_split_are_refused(tmp_path: Path, searched: bool) -> None:
    source = str(write_images(tmp_path / "set"))
    changes = {"search": {"data.source": {"choices": ["digits", source]}}}
    base = {"data": {"source": source, "limit": None, "test_limit": None}}
    with pytest.raises(BadInput, match="no test images"):
        plan(study(**changes, sampler={"name": "grid"}) if searched else study(base=base))


def test_impossible_devices_are_refused() -> None:
    with pytest.raises(BadInput, match="99 GPUs"):
        plan(grid(resources={"gpus": 99}))


def test_a_budget_is_shown() -> None:
    found: SweepPlan = plan(grid(budget={"device_hours": 2, "store_bytes": "20 GB"}))
    assert found.budget == {"device_hours": 2, "store_bytes": 20 * 10**9}
