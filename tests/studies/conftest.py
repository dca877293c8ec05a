"""A store of its own for each test, and one Ray for all that need it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sem_ray.cluster.ray_session import ADDRESS_VARIABLE, ray_session
from sem_ray.records.connection import URI_VARIABLE
from sem_ray.store import Store
from tests.records.schema import OpenStore, open_store

__all__ = ["open_store"]


@pytest.fixture(autouse=True)
def without_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in (URI_VARIABLE, ADDRESS_VARIABLE):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def store(tmp_path: Path, open_store: OpenStore) -> Store:
    return open_store(tmp_path / "store")


@pytest.fixture
def other_store(tmp_path: Path, open_store: OpenStore) -> Store:
    """A second store, in which nothing of the first is found."""
    return open_store(tmp_path / "other")


@pytest.fixture(scope="session")
def one_ray() -> Iterator[None]:
    """Started once: a sweep uses the Ray that is there, and leaves it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(ADDRESS_VARIABLE, raising=False)
        with ray_session():
            yield
