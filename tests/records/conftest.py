"""A store with a database of its own for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from sem_ray.records.connection import URI_VARIABLE
from sem_ray.store import Store
from tests.records.schema import OpenStore, open_store

__all__ = ["open_store"]


@pytest.fixture(autouse=True)
def without_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(URI_VARIABLE, raising=False)


@pytest.fixture
def store(tmp_path: Path, open_store: OpenStore) -> Store:
    return open_store(tmp_path / "store")
