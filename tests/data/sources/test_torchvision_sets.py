"""CIFAR through torchvision: a small archive in its format, and no network."""

from __future__ import annotations

import hashlib
import pickle
import socket
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from sem_ray.data import load
from sem_ray.data.sources import torchvision_sets
from sem_ray.errors import BadInput
from sem_ray.spec import DataSpec

datasets = pytest.importorskip("torchvision.datasets", reason="torchvision is not installed")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SEM_RAY_DATA_CACHE", str(tmp_path))
    return tmp_path


def _file(folder: Path, name: str, content: object) -> list[str]:
    """Written as CIFAR's authors did; torchvision's name and digest of it."""
    data = pickle.dumps(content)
    (folder / name).write_bytes(data)
    return [name, hashlib.md5(data, usedforsecurity=False).hexdigest()]


@pytest.fixture
def small_cifar(cache: Path, monkeypatch: pytest.MonkeyPatch) -> NDArray[np.uint8]:
    """CIFAR-10 of 20 training and 10 test images; their values, uint8 [30, 3072]."""
    values = np.random.default_rng(0).integers(0, 256, (30, 3072), dtype=np.uint8)
    labels = [row % 10 for row in range(30)]
    folder = cache / "cifar-10-batches-py"
    folder.mkdir()
    train = _file(folder, "data_batch_1", {"data": values[:20], "labels": labels[:20]})
    test = _file(folder, "test_batch", {"data": values[20:], "labels": labels[20:]})
    name, digest = _file(folder, "batches.meta", {"label_names": [f"c{n}" for n in range(10)]})
    monkeypatch.setattr(datasets.CIFAR10, "train_list", [train])
    monkeypatch.setattr(datasets.CIFAR10, "test_list", [test])
    meta = {"filename": name, "key": "label_names", "md5": digest}
    monkeypatch.setattr(datasets.CIFAR10, "meta", meta)
    return values


def test_cifar_in_the_cache_is_read_without_a_word(
    small_cifar: NDArray[np.uint8],
    capfd: pytest.CaptureFixture[str],
) -> None:
    data = load(DataSpec(source="torchvision:CIFAR10", limit=10))
    assert capfd.readouterr().out == ""
    test = data.require_test()
    expected = small_cifar[20:].reshape(-1, 3, 32, 32)
    assert np.array_equal(test.images[:].numpy(), expected)
    assert test.labels.tolist() == list(range(10))
    assert test.ids[3] == "test-00003"
    assert test.classes[9] == "c9"
    assert len(data.train) == 10
    assert data.train.fingerprint.endswith("+limit=10,seed=0")


def test_an_archive_with_another_digest_is_never_unpickled(
    small_cifar: object, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (cache / "cifar-10-batches-py" / "test_batch").write_bytes(b"cos\nsystem\n(S'false'\ntR.")
    _without_network(monkeypatch)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("unpickled")

    monkeypatch.setattr(pickle, "load", refuse)
    with pytest.raises(BadInput, match="could not be fetched"):
        load(DataSpec(source="torchvision:CIFAR10"))


def _without_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send downloads to a port of this machine where nobody listens."""
    for made in (datasets.CIFAR10, datasets.CIFAR100):
        monkeypatch.setattr(made, "url", "http://127.0.0.1:9/cifar.tar.gz")


@pytest.mark.parametrize("name", ["CIFAR10", "CIFAR100"])
def test_without_network_the_failure_is_quick_and_says_what_to_do(
    name: str, cache: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    _without_network(monkeypatch)
    start = time.monotonic()
    with pytest.raises(BadInput, match=rf"torchvision:{name} is not in .*Parquet folder.*digits"):
        load(DataSpec(source=f"torchvision:{name}"))
    assert time.monotonic() - start < 5
    assert capfd.readouterr().out == ""


def test_a_server_that_never_answers_is_given_up(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torchvision_sets, "SILENCE_LIMIT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setattr(datasets.CIFAR10, "url", f"http://127.0.0.1:{port}/cifar.tar.gz")
        with pytest.raises(BadInput, match="timed out"):
            load(DataSpec(source="torchvision:CIFAR10"))
    assert socket.getdefaulttimeout() is None


def test_a_cache_that_cannot_be_made_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("SEM_RAY_DATA_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(BadInput, match="SEM_RAY_DATA_CACHE"):
        load(DataSpec(source="torchvision:CIFAR10"))
