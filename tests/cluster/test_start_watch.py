"""The loss of a GCS that is just being started, shown with a process of its name."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sem_ray.cluster.ray_watch import WAKE
from sem_ray.cluster.start_watch import GCS, LOST, start_watched
from sem_ray.errors import WorkFailed

STUCK = """
import signal, subprocess, sys, time
from sem_ray.cluster import start_watch
start_watch.EVERY, start_watch.WAKES_WITHIN = 0.1, 0.5
with start_watch.start_watched():
    signal.pthread_sigmask(signal.SIG_BLOCK, {start_watch.WAKE})
    gcs = subprocess.Popen([sys.argv[1], "60"])
    time.sleep(1)
    gcs.kill()
    time.sleep(60)
"""
"""A start that no signal ends."""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """`sleep` under the name of the GCS."""
    sleep = shutil.which("sleep")
    assert sleep is not None
    return Path(shutil.copy(sleep, tmp_path / GCS))


@contextmanager
def gcs(program: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([str(program), "60"])
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_a_start_whose_gcs_was_killed_is_woken_and_told_in_one_line(
    program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sem_ray.cluster.start_watch.EVERY", 0.1)
    before = signal.getsignal(WAKE)
    with gcs(program) as process, pytest.raises(WorkFailed) as told, start_watched():
        time.sleep(0.5)
        process.kill()
        time.sleep(30)
    assert str(told.value) == LOST and signal.getsignal(WAKE) == before


def test_a_start_that_ends_well_or_fails_by_itself_is_left_alone(program: Path) -> None:
    with gcs(program), start_watched():
        pass
    with pytest.raises(ValueError, match="of its own"), gcs(program), start_watched():
        raise ValueError("of its own")


def test_a_start_that_no_signal_ends_is_ended_with_the_line(program: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", STUCK, str(program)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (1, "", f"error: {LOST}\n")
