"""The store: artifacts appear whole or not at all, and are made once."""

from __future__ import annotations

import os
import stat
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from sem_ray.errors import BadInput, DiskFailed
from sem_ray.files import Damaged
from sem_ray.store import Store
from sem_ray.store.digests import DIGESTS


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "store")


def make(store: Store, text: str = "whole") -> None:
    with store.making("noise", "abc"), store.writing("noise", "abc") as folder:
        (folder / "text").write_text(text)


def unchecked(folder: Path) -> None:
    """For artifacts that have digests."""
    raise AssertionError


def find(store: Store) -> Path | None:
    return store.find("noise", "abc", unchecked)


def names(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


def test_an_artifact_is_found_once_its_block_has_ended(store: Store) -> None:
    with store.making("noise", "abc"):
        assert find(store) is None
        with store.writing("noise", "abc") as folder:
            (folder / "text").write_text("whole")
            assert find(store) is None
        found = find(store)
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
    assert find(store)


def test_an_error_of_the_disk_becomes_one_line_that_names_the_store(store: Store) -> None:
    with pytest.raises(DiskFailed) as caught, store.writing("noise", "abc"):
        raise OSError("a library's own text\nof two lines")
    text = f"cannot write to {store.root}: a library's own text; free some space"
    assert str(caught.value).startswith(text)
    assert names(store.root / "noise") == set()


def test_what_a_killed_maker_left_is_removed_by_the_next(store: Store) -> None:
    for left in ("noise/.abc-old", "noise/.abc.sem-ray-killed", "noise/.other.sem-ray-killed"):
        (store.root / left).mkdir(parents=True)
    checkpoints = ("noise-abc", ".noise-abc.safetensors.sem-ray-1", ".victim-abc.safetensors.sem-1")
    for left in checkpoints:
        (store.root / "checkpoints" / left).mkdir(parents=True)
    with store.making("noise", "abc"):
        assert names(store.root / "noise") == {".other.sem-ray-killed"}
        assert names(store.root / "checkpoints") == {checkpoints[0], checkpoints[2]}


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
            if find(store) is None:
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


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda text: text.write_text("whale"), "text is damaged: its SHA-256 is another"),
        (lambda text: text.write_text("who"), "text is damaged: its SHA-256 is another"),
        (lambda text: text.unlink(), "abc is damaged: No such file or directory"),
        (
            lambda text: (text.parent / DIGESTS).write_bytes(b"\xff"),
            "abc is damaged: 'utf-8' codec",
        ),
    ],
)
def test_a_damaged_artifact_is_put_aside_with_one_line_and_made_again(
    store: Store,
    caplog: pytest.LogCaptureFixture,
    damage: Callable[[Path], object],
    says: str,
) -> None:
    make(store)
    damage(store.folder("noise", "abc") / "text")
    assert find(store) is None and names(store.root / "noise") == {"abc"}, "without the lock"
    with store.making("noise", "abc"):
        assert store.reuse("noise", "abc", unchecked) is None
        assert names(store.root / "noise") == {"abc.damaged"}
        (line,) = caplog.messages
        assert says in line and line.endswith("put aside as abc.damaged and made again")
        with store.writing("noise", "abc") as folder:
            (folder / "text").write_text("whole")
        assert store.reuse("noise", "abc", unchecked) == find(store) is not None


def test_an_artifact_without_digests_is_judged_by_its_reader(store: Store) -> None:
    make(store)
    (store.folder("noise", "abc") / DIGESTS).unlink()

    def damaged(folder: Path) -> None:
        raise Damaged(f"{folder} is damaged")

    assert store.find("noise", "abc", Path.iterdir) == store.folder("noise", "abc")
    assert store.find("noise", "abc", damaged) is None
    with store.making("noise", "abc"):
        assert store.reuse("noise", "abc", damaged) is None
    assert names(store.root / "noise") == {"abc.damaged"}


def test_the_digests_are_those_of_sha256sum(store: Store) -> None:
    make(store)
    command = ["sha256sum", "--check", "--strict", DIGESTS]
    subprocess.run(command, cwd=store.folder("noise", "abc"), check=True, capture_output=True)


def test_the_store_is_where_it_is_said_to_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SEM_RAY_STORE", raising=False)
    assert Store.open().root == tmp_path / "sem-ray-store"
    monkeypatch.setenv("SEM_RAY_STORE", "elsewhere")
    assert Store.open().root == tmp_path / "elsewhere"
    assert Store.open("given").root == tmp_path / "given"
    assert names(tmp_path) == set(), "a command that is refused leaves no store behind"


def test_a_store_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in ("file", "file/below"):
        with pytest.raises(BadInput, match=f"cannot write to {tmp_path / place}: "):
            Store.open(tmp_path / place)


def test_a_store_whose_name_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"st\\xffore: its name is not UTF-8; free some space"):
        Store.open(tmp_path / os.fsdecode(b"st\xffore"))


def test_who_only_asks_makes_no_store(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no store at .*nowhere: run `sem-ray sweep FILE` first"):
        Store.existing(tmp_path / "nowhere")
    assert names(tmp_path) == set()
