"""A session notices that its Ray was killed, whatever it is waiting for."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sem_ray.cluster.ray_watch import Service
from tests.cluster.watching import daemon

ROOT = Path(__file__).parents[2]
WAITS_FOR_EVER = """
import time
import ray
from sem_ray.cluster import ray_session
from sem_ray.errors import WorkFailed

try:
    with ray_session():
        call = ray.remote(lambda: time.sleep(3600)).remote()
        print("waiting", flush=True)
        ray.get(call)
except WorkFailed as error:
    print(error, flush=True)
"""


@pytest.mark.parametrize(("name", "called"), [("raylet", "raylet"), ("gcs_server", "GCS")])
def test_a_call_that_would_wait_for_ever_ends(name: str, called: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WAITS_FOR_EVER], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        victim = daemon(name, process.pid)
        assert victim is not None
        os.kill(victim, signal.SIGKILL)
        start = time.monotonic()
        line = process.stdout.readline()
        assert process.wait(timeout=60) == 0
    assert time.monotonic() - start < 50, "Ray itself gives up after 60 s"
    assert line.startswith(f"Ray is gone: its {called} at 127.0.0.1:")
    assert line.endswith("; run the same command again, which goes on from what is saved\n")


def listening() -> socket.socket:
    door = socket.socket()
    door.bind(("127.0.0.1", 0))
    door.listen()
    return door


def test_a_service_is_gone_once_it_has_refused_for_long_enough(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 100.0
    monkeypatch.setattr("sem_ray.cluster.ray_watch.time.monotonic", lambda: now)
    with listening() as door:
        service = Service("raylet", "127.0.0.1", door.getsockname()[1], 1.5)
        assert not service.is_gone()
    assert not service.is_gone()
    now = 101.4
    assert not service.is_gone()
    now = 101.5
    assert service.is_gone()


def test_a_service_that_came_back_is_not_gone() -> None:
    with listening() as door:
        service = Service("GCS", "127.0.0.1", door.getsockname()[1], 0.0, down_since=1.0)
        assert not service.is_gone()
        assert service.down_since is None


@pytest.mark.parametrize("error", [TimeoutError(), OSError(errno.EMFILE, "too many open files")])
def test_what_says_nothing_about_the_service_does_not_count(
    monkeypatch: pytest.MonkeyPatch, error: OSError
) -> None:
    def failing(*_: object, **__: object) -> socket.socket:
        raise error

    monkeypatch.setattr("sem_ray.cluster.ray_watch.socket.create_connection", failing)
    assert not Service("raylet", "127.0.0.1", 1, patience=0.0).is_gone()
