"""Leases: at most one holder, whoever races, dies or is suspended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sem_ray.store import Store, lease
from sem_ray.store.artifacts import BeingMade
from sem_ray.store.lease import BEAT, EXPIRY, Lease, Watch, is_free, leased
from sem_ray.store.owner import Owner
from tests.store import lease_holder

SOON = 20.0
"""Seconds in which a busy machine surely gets round to it."""


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BEAT", "EXPIRY", "LOOK"):
        monkeypatch.setattr(lease, name, getattr(lease, name))
    lease_holder.hurry()


@contextmanager
def holder(store: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lease of noise abc."""
    command = [sys.executable, "-m", "tests.store.lease_holder", "hold", str(store)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as process:  # type: ignore[call-overload]
        try:
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


def test_a_lease_is_held_until_it_is_released(tmp_path: Path) -> None:
    watch = Watch(tmp_path / "lease")
    assert is_free(watch) and not watch.folder.exists(), "nobody has to write to ask"
    with leased(watch.folder):
        assert not is_free(watch) and watch.owner is not None
        assert watch.owner.pid == os.getpid()
        with pytest.raises(lease.Held, match=f"process {os.getpid()} on "):
            leased(watch.folder, waits=False).__enter__()
    assert is_free(watch)
    with leased(watch.folder, waits=False) as again:
        assert again.number == 2
    assert [file.name for file in watch.folder.iterdir()] == ["000002"]


def test_the_lease_is_free_after_an_exception(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), leased(tmp_path):
        raise KeyboardInterrupt
    assert is_free(Watch(tmp_path))


def test_processes_that_race_hold_it_one_after_the_other(tmp_path: Path) -> None:
    log = tmp_path / "log"
    command = [sys.executable, "-m", "tests.store.lease_holder", "race", str(tmp_path / "x")]
    racers = [subprocess.Popen([*command, str(log)]) for _ in range(3)]
    assert [racer.wait(timeout=100) for racer in racers] == [0] * 3
    lines = log.read_text().splitlines()
    assert len(lines) == 2 * 3 * lease_holder.TURNS
    for begins, ends in zip(lines[::2], lines[1::2], strict=True):
        assert begins.split() == [ends.split()[0], "begins"] and ends.endswith("ends")


def test_a_killed_holder_is_replaced_at_once_on_its_own_machine(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with holder(tmp_path) as process:
        with pytest.raises(BeingMade, match=f"noise abc is being made by process {process.pid} "):
            Store(tmp_path, waits=False).making("noise", "abc").__enter__()
        process.send_signal(signal.SIGKILL)  # a zombie from now on: nobody has waited for it
        start = time.monotonic()
        with store.making("noise", "abc"):
            assert time.monotonic() - start < min(SOON, EXPIRY)


def test_what_a_suspended_holder_made_is_left_once_its_successor_has_it(
    tmp_path: Path, hurried: None
) -> None:
    store = Store(tmp_path)
    with holder(tmp_path) as process:
        process.send_signal(signal.SIGSTOP)
        start = time.monotonic()
        with store.making("noise", "abc"):
            assert lease_holder.EXPIRY <= time.monotonic() - start < SOON
            process.send_signal(signal.SIGCONT)
            lease_holder.finish(store)
            before = store.folder("noise", "abc").stat().st_ino
        assert process.communicate("\n")[0] == "finished\n"
        assert process.wait() == 0
    assert store.folder("noise", "abc").stat().st_ino == before
    assert {file.name for file in (tmp_path / "noise").iterdir()} == {"abc"}


def test_a_holder_elsewhere_is_judged_by_whether_its_beats_change(tmp_path: Path) -> None:
    now = [0.0]
    watch = Watch(tmp_path, lambda: now[0])
    there = elsewhere(tmp_path)
    assert watch.next_term() is None
    for _ in range(20):
        now[0] += EXPIRY * 0.9
        there.beat()
        assert watch.next_term() is None
    now[0] += EXPIRY
    assert not Watch(tmp_path, lambda: now[0]).next_term(), "who comes later has seen nothing yet"
    assert watch.next_term() == 2 and is_free(watch)
    there.beat()
    assert there.lost
    there.release()
    assert is_free(Watch(tmp_path))


def elsewhere(folder: Path) -> Lease:
    """A lease whose owner's machine is not this one."""
    found = Lease.begin(folder, 1)
    assert found is not None
    file = folder / "000001"
    text = file.read_text().replace(found.owner.place, "another machine")
    file.write_text(text)
    return found


def test_who_judged_a_lease_long_ago_begins_no_term_that_is_over(tmp_path: Path) -> None:
    late = Watch(tmp_path).next_term()
    assert late == 1
    with leased(tmp_path):
        pass
    with leased(tmp_path):
        assert Lease.begin(tmp_path, late) is None
        assert [file.name for file in tmp_path.iterdir()] == ["000002"]


@pytest.mark.parametrize("content", [b"", b"half", b"\xff\xfe\n{", b"0\n{}\n"])
def test_a_lease_that_cannot_be_read_expires_too(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "000001").write_bytes(content)
    now = [0.0]
    watch = Watch(tmp_path, lambda: now[0])
    assert watch.next_term() is None and watch.owner is None
    now[0] += EXPIRY
    assert watch.next_term() == 2


def test_a_process_is_gone_if_its_number_belongs_to_another() -> None:
    here = Owner.this()
    assert not here.is_gone
    assert here.model_copy(update={"started": "1"}).is_gone
    assert not here.model_copy(update={"started": "1", "place": "another"}).is_gone
    assert Owner.read(here.model_dump_json()) == here


@dataclass
class Worker:
    """One that looks, takes and gives back in steps that others come between."""

    watch: Watch
    number: int | None = None
    lease: Lease | None = None
    suspended: bool = False

    def act(self, step: str) -> None:
        if step == "suspend" or (step == "resume" and self.suspended):
            self.suspended = step == "suspend"
            self.beat()
        elif self.suspended:
            return
        elif step == "look" and self.lease is None:
            self.number = self.watch.next_term()
        elif step == "begin" and self.lease is None and self.number is not None:
            self.lease, self.number = Lease.begin(self.watch.folder, self.number), None
        elif step == "release" and self.lease is not None:
            self.lease.release()
            self.lease = None

    def beat(self) -> None:
        if self.lease is not None and not self.suspended:
            self.lease.beat()
            self.lease = None if self.lease.lost else self.lease


@dataclass
class Room:
    """Workers and the time that they share."""

    folder: Path
    now: float = 0.0
    workers: list[Worker] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.workers = [Worker(Watch(self.folder, lambda: self.now)) for _ in range(3)]

    def wait(self, beats: int) -> None:
        for _ in range(beats):
            self.now += BEAT
            for worker in self.workers:
                worker.beat()

    @property
    def holders(self) -> int:
        return sum(w.lease is not None and not w.suspended for w in self.workers)


STEPS = st.one_of(
    st.tuples(
        st.sampled_from(["look", "look", "begin", "begin", "release", "suspend", "resume"]),
        st.integers(0, 2),
    ),
    st.tuples(st.just("wait"), st.integers(1, 12)),
)


@given(st.lists(STEPS, min_size=30, max_size=60))
@settings(max_examples=150, deadline=None)
def test_of_those_that_are_awake_at_most_one_holds_it(steps: list[tuple[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as place:
        room = Room(Path(place) / "lease")
        for step, number in steps:
            if step == "wait":
                room.wait(number)
            else:
                room.workers[number].act(step)
            assert room.holders <= 1
        for worker in room.workers:
            if worker.lease is not None:
                worker.lease.release()
