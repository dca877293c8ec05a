"""A study recorded by the first version, kept as it was written, still opens and goes on."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sem_ray.metrics.measurement import Measurement
from sem_ray.store import Store
from sem_ray.studies.journal.storage import study_folder
from sem_ray.studies.queries import best, status
from sem_ray.studies.run.sweep import run_sweep
from tests.studies.fakes import instant, study
from tests.studies.run.in_process import InProcess

RECORDED = Path(__file__).parent / "first_version"
"""Three finished trials and one cut off, of `tests.studies.fakes.study`."""


@pytest.fixture
def old(store: Store) -> Store:
    shutil.copytree(RECORDED, study_folder(store, "old"))
    return store


def test_its_trials_are_typed_records(old: Store) -> None:
    found = status(old, "old")
    assert [row.state for row in found.rows] == ["complete"] * 3 + ["interrupted"]
    assert [row.value for row in found.rows] == [62.0, 63.0, 70.0, None]
    facts = {"network": "small", "seed": 0}
    assert found.rows[0].measurements == (
        Measurement(name="test_accuracy", value=52.0, unit="%", radius=0, **facts),
        Measurement(name="test_accuracy", value=62.0, unit="%", radius=4, **facts),
        Measurement(name="clean_accuracy", value=98.0, unit="%", radius=0, **facts),
        Measurement(name="clean_accuracy", value=95.0, unit="%", radius=4, **facts),
        Measurement(name="generation_seconds", value=0.25, unit="s", seed=0),
        Measurement(name="victim_seconds", value=0.5, unit="s", **facts),
    )
    assert str(found.objectives[0]) == "minimize test_accuracy_at_4"
    assert found.leaders == (0,)


def test_its_best_is_found(old: Store) -> None:
    found = best(old, "old")
    assert (found.trial, found.value) == (0, 62.0)
    assert (found.spec.noise.radius, found.spec.victim.radii) == (16, (0, 4))


def test_it_is_swept_on_from_where_it_stood(old: Store) -> None:
    spec = study(name="old", metric="test_accuracy@4")
    result = run_sweep(spec, old, backend=InProcess(), experiment=instant)
    assert result.ok and result.complete == 4
    rows = status(old, "old").rows
    assert [row.state for row in rows] == ["complete"] * 4
    assert rows[3].values == {"noise.radius": 8, "noise.steps": 3}  # the trial that was cut off
    assert best(old, "old").trial == 0
