"""An MLflow database that is ready for use. Making its schema takes seconds, copying it none."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from sem_ray.store import Store

OpenStore = Callable[[Path], Store]


@pytest.fixture(scope="session")
def open_store(tmp_path_factory: pytest.TempPathFactory) -> OpenStore:
    """Opens a store whose database has its schema already, and nothing else."""
    from mlflow import MlflowClient

    database = tmp_path_factory.mktemp("mlflow") / "mlflow.db"
    MlflowClient(tracking_uri=f"sqlite:///{database}").get_experiment_by_name("")

    def opened(folder: Path) -> Store:
        store = Store.open(folder)
        store.root.mkdir(parents=True, exist_ok=True)
        shutil.copy(database, store.root / "mlflow.db")
        return store

    return opened
