"""Trials whose work actors share: side by side without waiting for each other's halves, to the same
results, watched in MLflow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from sem_ray.pipeline import OnDevice, run_experiment
from sem_ray.records.connection import connect
from sem_ray.spec.resources import TrialResources
from sem_ray.store import Store
from sem_ray.studies.queries import status
from sem_ray.studies.run.sweep import run_sweep
from tests.studies.fakes import study

SHARED: dict[str, Any] = {"cpus": 0.2, "actors": {"count": 2, "cpus": 0.4}}


@pytest.mark.long
@pytest.mark.usefixtures("one_ray")
def test_actors_in_trials_that_run_at_once_give_what_one_device_gives(
    store: Store, tmp_path: Path
) -> None:
    wanted = study(
        trials=2,
        search={"noise.steps": {"choices": [1, 2]}},
        sampler={"name": "grid"},
        resources=SHARED,
        concurrency=2,
    )
    result = run_sweep(wanted, store, experiment=run_experiment)
    assert result.ok, result.failed
    alone = OnDevice(torch.device("cpu"))
    for row in status(store, "tiny").rows:
        spec = wanted.experiment(row.values)
        made = run_experiment(spec, Store.open(tmp_path / "alone"), backend=alone)
        for measured in made.measurements(spec):
            if measured.unit == "%":
                assert measured in row.measurements
    client = connect(store).client
    runs = client.search_runs(["1"], "tags.`sem_ray.trial` LIKE 'tiny/%'")
    watched = set().union(*(run.data.metrics.keys() for run in runs))
    assert {"noise/step", "noise/loss", "noise/restarts"} <= watched
    assert {f"noise/actor {rank}/images_per_second" for rank in (0, 1)} <= watched


def test_resources_of_a_trial_name_its_actors() -> None:
    wanted = TrialResources.model_validate(SHARED)
    assert wanted.actors is not None and wanted.actors.strategy == "PACK"
