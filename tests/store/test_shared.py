"""Stores of two machines with a shared store behind them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from sem_ray.errors import BadInput
from sem_ray.store import BeingMade, Store, StorePlace
from sem_ray.store.shared import SHARED_VARIABLE, SharedStore


@pytest.fixture
def behind(tmp_path: Path) -> SharedStore:
    (tmp_path / "shared").mkdir()
    return SharedStore(tmp_path / "shared")


@pytest.fixture
def here(tmp_path: Path, behind: SharedStore) -> Store:
    return Store(tmp_path / "here", shared=behind)


@pytest.fixture
def there(tmp_path: Path, behind: SharedStore) -> Store:
    return Store(tmp_path / "there", shared=behind)


def make(store: Store) -> None:
    with store.making("noise", "abc"), store.writing("noise", "abc") as folder:
        (folder / "deep").mkdir()
        (folder / "deep" / "text").write_text("whole")


def unchecked(folder: Path) -> None:
    """For artifacts that have digests."""
    raise AssertionError


def find(store: Store) -> Path | None:
    return store.find("noise", "abc", unchecked)


def test_what_one_machine_finishes_the_other_finds_in_its_own_store(
    here: Store, there: Store
) -> None:
    assert find(there) is None
    make(here)
    found = find(there)
    assert found == there.folder("noise", "abc") and found.is_relative_to(there.root)
    assert (found / "deep" / "text").read_text() == "whole"
    assert find(there) == found, "and does not fetch it again"
    assert {file.name for file in found.parent.iterdir()} == {"abc"}


def test_a_store_without_one_behind_it_finds_only_its_own(here: Store, there: Store) -> None:
    make(here)
    assert find(Store(there.root)) is None


def test_the_other_machine_cannot_make_it_meanwhile(here: Store, there: Store) -> None:
    with here.making("noise", "abc"):
        with pytest.raises(BeingMade):
            there.without_waiting().making("noise", "abc").__enter__()
        assert not there.watch("noise", "abc")()
    assert there.watch("noise", "abc")()


def test_another_machine_goes_on_from_the_checkpoint_of_one_that_is_lost(
    here: Store, there: Store
) -> None:
    with pytest.raises(KeyboardInterrupt), here.resuming("noise", "abc") as checkpoint:
        checkpoint.save({"x": torch.ones(1)}, {"done": 3})
        raise KeyboardInterrupt
    with there.resuming("noise", "abc") as checkpoint:
        assert checkpoint.load() is not None


def test_what_is_damaged_in_the_shared_store_is_not_taken_and_is_made_again(
    here: Store, there: Store, behind: SharedStore, caplog: pytest.LogCaptureFixture
) -> None:
    make(here)
    (behind.folder("noise", "abc") / "deep" / "text").write_text("whale")
    assert find(there) is None and not there.folder("noise", "abc").exists()
    with there.making("noise", "abc"):
        assert there.reuse("noise", "abc", unchecked) is None
        (line,) = caplog.messages
        assert "text is damaged" in line and line.endswith("abc.damaged and made again")
        with there.writing("noise", "abc") as folder:
            (folder / "text").write_text("whole")
    assert (behind.folder("noise", "abc") / "text").read_text() == "whole"


def test_what_is_damaged_here_is_fetched_again(here: Store, there: Store) -> None:
    make(here)
    (here.folder("noise", "abc") / "deep" / "text").write_text("whale")
    with here.making("noise", "abc"):
        assert here.reuse("noise", "abc", unchecked) == find(here) is not None


def test_what_both_publish_stays_as_the_first_did(here: Store, behind: SharedStore) -> None:
    make(here)
    before = behind.folder("noise", "abc").stat().st_ino
    behind.publish(here.folder("noise", "abc"), "noise", "abc")
    assert behind.folder("noise", "abc").stat().st_ino == before
    assert {file.name for file in (behind.root / "noise").iterdir()} == {"abc"}


def test_the_shared_store_is_named_by_the_environment(
    tmp_path: Path, behind: SharedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Store.open(tmp_path / "here").shared is None
    monkeypatch.setenv(SHARED_VARIABLE, str(behind.root))
    assert Store.open(tmp_path / "here").shared == behind
    for wrong, says in (
        ("s3://bucket/x", "mount it, and name the folder"),
        (str(tmp_path / "no"), "which is no folder here"),
    ):
        monkeypatch.setenv(SHARED_VARIABLE, wrong)
        with pytest.raises(BadInput, match=f"{SHARED_VARIABLE} .*{says}"):
            Store.open(tmp_path / "here")


def test_a_machine_with_a_store_of_its_own_works_in_it(
    here: Store, behind: SharedStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEM_RAY_STORE", "the driver's")
    place, unshared = StorePlace.of(here), StorePlace.of(Store(here.root))
    assert place.open(waits=True).root == here.root, "another process of the same machine"
    monkeypatch.setenv("SEM_RAY_STORE", str(tmp_path / "own"))
    opened = place.open(waits=False)
    assert (opened.root, opened.shared, opened.waits) == (tmp_path / "own", behind, False)
    assert unshared.open(waits=True).root == here.root, "or results would be lost there"
