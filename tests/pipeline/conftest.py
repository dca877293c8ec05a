"""A store of its own for each test, and another one."""

from __future__ import annotations

from pathlib import Path

import pytest

from sem_ray.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "store")


@pytest.fixture
def other_store(tmp_path: Path) -> Store:
    """A second store, in which nothing of the first is found."""
    return Store.open(tmp_path / "other")
