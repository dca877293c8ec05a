"""The file that says what a running sweep does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sem_ray.progress import Progress, Worker
from sem_ray.studies.journal.live import LIVE_FILE, LiveTrial, LiveWriter, read_live


class Clock:
    """Time that passes when it is told to, in seconds."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def writer(tmp_path: Path, clock: Clock) -> Iterator[LiveWriter]:
    yield LiveWriter(tmp_path, clock=clock)


def test_says_what_each_running_trial_does_and_since_when(
    tmp_path: Path, writer: LiveWriter, clock: Clock
) -> None:
    workers = (Worker("actor 0", (0, 1), 12.5, 2.0),)
    report = Progress("noise", 30, 120, metrics={"loss": 0.5}, workers=workers, restarts=1)
    (tmp_path / LIVE_FILE).write_text("of an earlier sweep")
    writer.open()
    opened = read_live(tmp_path)
    assert opened is not None and opened.trials == ()
    writer.begin(3, attempt=2)
    clock.now += 5
    writer.watch(3, Progress("noise", 10, 120))
    clock.now += 5
    writer.watch(3, report)
    found = read_live(tmp_path)
    assert found is not None and (found.started, found.written) == (1000.0, 1010.0)
    assert found.of(3) == LiveTrial(
        trial=3,
        attempt=2,
        started=1000.0,
        progress=report,
        stage_since=1005.0,
        reported=1010.0,
        working_since=1005.0,
        stage_from=10,
    )
    assert found.trials[0].percent == 25.0
    assert found.of(4) is None


def test_a_new_stage_has_a_new_beginning(tmp_path: Path, writer: LiveWriter, clock: Clock) -> None:
    writer.begin(0)
    writer.watch(0, Progress("noise", 1, 2))
    clock.now += 7
    writer.watch(0, Progress("victim", 0, 0))
    found = read_live(tmp_path)
    assert found is not None and (live := found.of(0)) is not None
    assert live.stage_since == 1007.0 and live.percent is None


def test_is_written_at_most_once_a_second(tmp_path: Path, writer: LiveWriter, clock: Clock) -> None:
    writer.begin(0)
    clock.now += 0.5
    writer.begin(1)
    first = read_live(tmp_path)
    assert first is not None and [live.trial for live in first.trials] == [0]
    clock.now += 0.5
    writer.end(0)
    second = read_live(tmp_path)
    assert second is not None and [live.trial for live in second.trials] == [1]
    assert [file.name for file in tmp_path.iterdir()] == [LIVE_FILE]


def test_nothing_is_left_of_a_sweep_that_ended(tmp_path: Path, writer: LiveWriter) -> None:
    writer.begin(0)
    writer.close()
    assert read_live(tmp_path) is None and not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", ["", "{", "[]", '{"process": 1}'])
def test_what_another_version_or_a_torn_disk_left_is_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / LIVE_FILE).write_text(content)
    assert read_live(tmp_path) is None


def test_a_disk_that_takes_nothing_does_not_end_a_sweep(tmp_path: Path, clock: Clock) -> None:
    writer = LiveWriter(tmp_path / "gone", clock=clock)
    writer.begin(0)
    writer.close()
