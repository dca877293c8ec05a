"""Where MLflow keeps runs: any store, and no address it cannot use."""

from __future__ import annotations

from pathlib import Path

import pytest

from sem_ray.errors import BadInput
from sem_ray.records.connection import (
    URI_VARIABLE,
    TrackingFailed,
    connect,
    require_tracking,
    tracking_uri,
)
from sem_ray.records.names import EXPERIMENT
from sem_ray.store import Store
from tests.records.addresses import dead_address
from tests.records.schema import OpenStore


@pytest.mark.parametrize("folder", ["50%20off", "really?", "a#b c [x"])
def test_a_store_may_be_called_anything(tmp_path: Path, open_store: OpenStore, folder: str) -> None:
    store = open_store(tmp_path / folder)
    require_tracking(store)
    assert connect(store).client.get_experiment_by_name(EXPERIMENT) is not None
    assert [file.name for file in tmp_path.rglob("mlflow.db")] == ["mlflow.db"]


def test_a_store_without_a_database_gets_one(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    require_tracking(store)
    assert (tmp_path / "mlflow.db").exists()


UNUSABLE = {
    "bogus://x": "it takes http://, https://, sqlite:///",
    "file:///tmp/runs": "it takes http://",
    "runs": "it takes http://",
    "sqlite:": "it takes http://",
    "postgresql": "it takes http://",
    "mysql://h/db": "needs a driver that is not installed",
    "https://[": "is no address MLflow keeps runs at: Invalid IPv6 URL",
    "http://u:secret@[": "is no address MLflow keeps runs at: Invalid IPv6 URL",
    "http://": "it names no host and port",
    "http://:5000": "it names no host and port",
    "http://h:port": "is no address MLflow keeps runs at: Port could not be cast",
    "http://h:99999": "is no address MLflow keeps runs at: Port out of range",
    "postgresql://h:port/db": "is no address MLflow keeps runs at: invalid literal",
    "sqlite:///": "it names no file",
    "sqlite:///:memory:": "it names no file",
    "sqlite:////usr": "/usr is a folder; name a file",
}


@pytest.mark.parametrize("uri", UNUSABLE)
def test_an_address_mlflow_cannot_use_is_refused_in_one_line(
    store: Store, monkeypatch: pytest.MonkeyPatch, uri: str
) -> None:
    monkeypatch.setenv(URI_VARIABLE, uri)
    with pytest.raises(BadInput, match=URI_VARIABLE) as refusal:
        connect(store)
    assert UNUSABLE[uri] in str(refusal.value)
    assert "\n" not in str(refusal.value) and "secret" not in str(refusal.value)


def test_a_server_that_is_silent_now_may_answer_later(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(URI_VARIABLE, dead_address())
    with pytest.raises(TrackingFailed, match="Connection refused; see that it runs") as failure:
        connect(store)
    assert "secret" not in str(failure.value)
    require_tracking(store)


@pytest.mark.parametrize("uri", ["mysql://h/db", "mssql://h/db", "mysql+bogus://h/db"])
def test_a_database_without_its_driver_is_refused_before_any_work(
    store: Store, monkeypatch: pytest.MonkeyPatch, uri: str
) -> None:
    monkeypatch.setenv(URI_VARIABLE, uri)
    with pytest.raises(BadInput, match=URI_VARIABLE):
        require_tracking(store)


def test_a_file_that_is_no_database_is_refused(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(URI_VARIABLE, f"sqlite:///{__file__}")
    with pytest.raises(BadInput, match="file is not a database"):
        require_tracking(store)


def test_the_default_address_is_in_the_store(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(URI_VARIABLE, raising=False)
    assert tracking_uri(store) == f"sqlite:///{store.root}/mlflow.db"
