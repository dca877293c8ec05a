"""What MLflow holds of a study."""

from __future__ import annotations

from typing import Any

from mlflow import MlflowClient

from sem_ray.records.connection import tracking_uri
from sem_ray.records.names import EXPERIMENT, TRIAL_TAG
from sem_ray.store import Store


def client(store: Store) -> Any:
    return MlflowClient(tracking_uri=tracking_uri(store))


def runs(store: Store) -> dict[str, Any]:
    """Every run there is, by its trial's tag (the study's own by its name)."""
    known = client(store)
    experiment = known.get_experiment_by_name(EXPERIMENT).experiment_id
    found = known.search_runs([experiment])
    by_tag = {run.data.tags.get(TRIAL_TAG, run.info.run_name): run for run in found}
    assert len(by_tag) == len(found), "a trial has two runs"
    return by_tag


def states(store: Store) -> dict[str, str]:
    return {tag: run.info.status for tag, run in runs(store).items()}
