"""The store: artifacts appear whole or not at all, and are made once."""

from __future__ import annotations

import json
import os
import stat
import threading
from pathlib import Path

import pytest
import torch

from sem_ray.errors import BadInput, require_space
from sem_ray.store import Store, whole_folder, write_json


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "store")


def make(store: Store, text: str = "whole") -> None:
    with store.making("noise", "abc"), store.writing("noise", "abc") as folder:
        (folder / "text").write_text(text)


def names(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


def test_an_artifact_is_found_once_its_block_has_ended(store: Store) -> None:
    with store.making("noise", "abc"):
        assert store.find("noise", "abc") is None
        with store.writing("noise", "abc") as folder:
            (folder / "text").write_text("whole")
            assert store.find("noise", "abc") is None
        found = store.find("noise", "abc")
    assert found == store.folder("noise", "abc")
    assert (found / "text").read_text() == "whole"
    assert names(found.parent) == {"abc"}


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, MemoryError])
def test_an_exception_in_the_block_leaves_nothing(store: Store, error: type[BaseException]) -> None:
    with pytest.raises(error), store.writing("noise", "abc") as folder:
        (folder / "text").write_text("half")
        raise error
    assert names(store.root / "noise") == set()
    make(store)
    assert store.find("noise", "abc")


def test_an_error_of_the_disk_becomes_one_line_that_names_the_store(store: Store) -> None:
    with pytest.raises(BadInput) as caught, store.writing("noise", "abc"):
        raise OSError("a library's own text\nof two lines")
    text = f"cannot write to {store.root}: a library's own text of two lines; free some space"
    assert str(caught.value).startswith(text)
    assert names(store.root / "noise") == set()


def test_what_a_killed_maker_left_is_swept_up_by_the_next(store: Store) -> None:
    for left in (".abc-killed", ".other-working"):
        (store.root / "noise" / left).mkdir(parents=True)
    aside = (".noise-abc.safetensors-77", ".victim-abc.safetensors-78", "noise-abc.safetensors")
    (store.root / "checkpoints").mkdir()
    for file in aside:
        (store.root / "checkpoints" / file).touch()
    with store.making("noise", "abc"):
        assert names(store.root / "noise") == {".other-working"}
        assert names(store.root / "checkpoints") == set(aside[1:])


def test_a_checkpoint_outlives_an_exception_and_goes_with_a_good_end(store: Store) -> None:
    with pytest.raises(KeyboardInterrupt), store.resuming("noise", "abc") as checkpoint:
        checkpoint.save({"x": torch.ones(1)}, {})
        raise KeyboardInterrupt
    with store.resuming("noise", "abc") as checkpoint:
        assert checkpoint.load()
    assert names(store.root / "checkpoints") == set()


def test_makers_at_once_make_it_once(store: Store) -> None:
    made: list[int] = []
    gate = threading.Barrier(6)

    def maker(number: int) -> None:
        gate.wait()
        with store.making("noise", "abc"):
            if store.find("noise", "abc") is None:
                made.append(number)
                with store.writing("noise", "abc") as folder:
                    (folder / "text").write_text(str(number))

    threads = [threading.Thread(target=maker, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    (winner,) = made
    assert (store.folder("noise", "abc") / "text").read_text() == str(winner)


def test_the_lock_is_free_after_an_exception(store: Store) -> None:
    with pytest.raises(RuntimeError), store.making("noise", "abc"):
        raise RuntimeError
    make(store)


def test_different_artifacts_do_not_wait_for_each_other(store: Store) -> None:
    with store.making("noise", "abc"):
        thread = threading.Thread(target=lambda: store.making("noise", "xyz").__enter__())
        thread.start()
        thread.join(timeout=10)
        assert not thread.is_alive()


def test_an_artifact_can_be_read_by_others_who_share_the_store(store: Store) -> None:
    make(store)
    mode = store.folder("noise", "abc").stat().st_mode
    assert stat.S_IMODE(mode) == 0o755


def test_whole_folder_never_replaces_what_holds_something(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    (target / "mine").write_text("dear")
    with pytest.raises(OSError, match="not empty"), whole_folder(target) as aside:
        (aside / "text").write_text("new")
    assert names(tmp_path) == {"target"} and names(target) == {"mine"}


def test_write_json_replaces_a_file_whole_and_readable_by_all(tmp_path: Path) -> None:
    file = tmp_path / "victim.json"
    for content in ({"a": 1}, {"b": ["ρ", None, 0.1]}):
        write_json(file, content)
        assert json.loads(file.read_text(encoding="utf-8")) == content
    assert names(tmp_path) == {"victim.json"}
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_write_json_that_fails_keeps_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    file = tmp_path / "victim.json"
    write_json(file, {"a": 1})

    def failing(handle: int) -> None:
        raise error

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(error):
        write_json(file, {"a": 2})
    assert json.loads(file.read_text()) == {"a": 1} and names(tmp_path) == {"victim.json"}


def test_the_store_is_where_it_is_said_to_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SEM_RAY_STORE", raising=False)
    assert Store.open().root == tmp_path / "sem-ray-store"
    monkeypatch.setenv("SEM_RAY_STORE", "elsewhere")
    assert Store.open().root == tmp_path / "elsewhere"
    assert Store.open("given").root == tmp_path / "given"
    assert names(tmp_path / "given") == set()


def test_a_store_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in ("file", "file/below"):
        with pytest.raises(BadInput, match=f"cannot write to {tmp_path / place}: "):
            Store.open(tmp_path / place)


def test_who_only_asks_makes_no_store(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no store at .*nowhere: run `sem-ray sweep FILE` first"):
        Store.open(tmp_path / "nowhere", make=False)
    assert names(tmp_path) == set()


def test_space_is_required_with_both_numbers(tmp_path: Path) -> None:
    require_space(tmp_path, 1, "one byte", "free some")
    with pytest.raises(BadInput, match=r"it needs 1,000,000,000,000\.0 MB in .* are free; go"):
        require_space(tmp_path, 10**18, "it", "go")
