"""Addresses of a Ray that is not there, refused before a study is made."""

from __future__ import annotations

import socket

import pytest

from sem_ray.cluster.ray_session import ADDRESS_VARIABLE, require_ray
from sem_ray.errors import BadInput
from sem_ray.store import Store
from sem_ray.studies.journal.storage import studies
from sem_ray.studies.run.sweep import run_sweep
from tests.studies.fakes import instant, study

SILENT = "127.0.0.1:1"


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (SILENT, "no Ray at 127.0.0.1:1: "),
        (f"ray://{SILENT}", "no Ray at ray://127.0.0.1:1: "),
        ("cluster-7", "no Ray at cluster-7: an address is HOST:PORT, ray://HOST:PORT or auto"),
        (":6379", "no Ray at :6379: an address is HOST:PORT"),
        ("auto", "no Ray at auto: none runs on this machine"),
    ],
)
def test_an_address_without_ray_leaves_no_study_and_names_what_sweep_has(
    store: Store, monkeypatch: pytest.MonkeyPatch, address: str, said: str
) -> None:
    monkeypatch.setenv(ADDRESS_VARIABLE, address)
    monkeypatch.setattr("ray.is_initialized", lambda: False)
    monkeypatch.setattr("ray._private.services.find_gcs_addresses", set)
    with pytest.raises(BadInput) as refused:
        run_sweep(study(), store, experiment=instant)
    line = str(refused.value)
    assert line.startswith(said) and line.endswith(
        f"; set {ADDRESS_VARIABLE} to a running cluster, or unset it to use this machine"
    )
    assert "--address" not in line and studies(store) == []


def test_an_address_that_something_listens_at_is_left_to_ray(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv(ADDRESS_VARIABLE, f"127.0.0.1:{server.getsockname()[1]}")
        require_ray()
    for address in ("", "local", "plugin://somewhere"):
        monkeypatch.setenv(ADDRESS_VARIABLE, address)
        require_ray()
