"""The studies that come with the program: each can be planned, and at a small scale run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from sem_ray.pipeline import run_experiment
from sem_ray.store import Store
from sem_ray.studies.definition.overrides import StudyOverrides
from sem_ray.studies.definition.study_file import read_study
from sem_ray.studies.definition.study_spec import StudySpec
from sem_ray.studies.plan.sweep_plan import SweepPlan
from sem_ray.studies.plan.sweep_plan import plan as planned
from sem_ray.studies.plan.work import StageWork
from sem_ray.studies.run.sweep import run_sweep
from tests.studies.run.in_process import InProcess

SPACES = Path(__file__).parents[2] / "search_spaces"
FILES = sorted(file.stem for file in SPACES.glob("*.yaml"))
TINY = (
    "data.source=digits",
    "data.limit=40",
    "data.test_limit=20",
    "data.resize=16",
    "shards=2",
    *(
        f"{role}.{setting}"
        for role in ("surrogate", "victim")
        for setting in (
            "network=tiny",
            "steps=2",
            "batch=16",
            "attack_steps=1",
        )
    ),
    "victim.evaluations=1",
    "noise.samples=1",
    "noise.final_steps=1",
    "noise.em={loops: 1, steps: 1, train_steps: 1}",
    "noise.tap={epochs: 1, steps: 1, restarts: 1}",
    "noise.ntga={steps: 1, block: 20}",
)
"""Seconds on one core."""
SMALL: dict[str, tuple[str, ...]] = {
    "phases": ("victim.radii=[4]",),
    "figure3": ("victim.radii=[4]",),
    "table1": ("victim.radii=[0, 1, 2, 3, 4]",),
}
"""Of studies that are run here, what more is changed."""


@pytest.fixture(autouse=True)
def no_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)


def measure(stage: StageWork, device: torch.device, threads: int) -> float:
    return 1e-6


def plan(spec: StudySpec) -> SweepPlan:
    return planned(spec, measure=measure)


def small(name: str, **changes: Any) -> StudySpec:
    overrides = StudyOverrides(f"{name}-small", "quick", (*TINY, *SMALL[name]))
    spec = read_study(SPACES / f"{name}.yaml", overrides)
    return spec.model_copy(update={"replicates": None, **changes})


@pytest.mark.parametrize("name", FILES)
def test_a_study_says_what_it_is_about_and_can_be_planned(name: str) -> None:
    spec = read_study(SPACES / f"{name}.yaml")
    found = plan(spec)
    assert spec.name == name and spec.hypothesis
    assert found.exact and found.least.generations >= 2
    assert found.least.hours is not None


@pytest.mark.parametrize(
    "name", [name for name in FILES if read_study(SPACES / f"{name}.yaml").is_finite]
)
def test_a_grid_is_run_to_its_end(name: str) -> None:
    found = plan(read_study(SPACES / f"{name}.yaml"))
    assert found.trials == found.combinations


def folders(store: Store, kind: str) -> int:
    return sum(folder.is_dir() for folder in (store.root / kind).iterdir())


def test_the_table_of_methods_makes_each_noise_and_victim_once(store: Store) -> None:
    """Six methods, one data set, five radii: counted from the store."""
    spec = small("table1")
    foreseen = plan(spec).least
    swept = run_sweep(spec, store, experiment=run_experiment, backend=InProcess())
    assert swept.ok and swept.complete == 6
    assert folders(store, "noise") == foreseen.generations == 6
    assert folders(store, "victim") == foreseen.victims == 6 * 5 + 5


@pytest.mark.parametrize(("name", "trials"), [("phases", 9), ("figure3", 3)])
def test_a_small_variant_runs(store: Store, name: str, trials: int) -> None:
    spec = small(name, trials=trials)
    swept = run_sweep(spec, store, experiment=run_experiment, backend=InProcess())
    assert swept.ok and swept.complete == trials
    assert folders(store, "noise") == trials
