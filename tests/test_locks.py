"""Locks between processes."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sem_ray.locks import Locked, alone, is_locked, locked, shared

HOLDER = """
import sys
from pathlib import Path
from sem_ray.locks import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_lock_is_held_against_others_and_seen_without_writing(tmp_path: Path) -> None:
    lock = tmp_path / "folder" / "lock"
    assert not is_locked(lock) and not lock.parent.exists()
    with locked(lock):
        assert is_locked(lock)
        with pytest.raises(Locked, match=str(lock)), locked(lock, patience=0):
            pass
    assert not is_locked(lock)
    with locked(lock, patience=0):
        pass


def test_who_has_to_wait_says_for_what(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    lock, held = tmp_path / "lock", threading.Event()

    def wait() -> None:
        with locked(lock, waiting="waiting for it"):
            held.set()

    thread = threading.Thread(target=wait)
    with locked(lock):
        thread.start()
        assert not held.wait(0.2)
    thread.join(timeout=10)
    assert held.is_set() and caplog.messages == ["waiting for it"]


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    command = [sys.executable, "-c", HOLDER, str(lock)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        assert is_locked(lock)
        process.kill()
        process.wait()
    assert not is_locked(lock)


def test_a_folder_can_be_locked_itself(tmp_path: Path) -> None:
    with shared(tmp_path), shared(tmp_path), alone(tmp_path) as nobody_else:
        assert not nobody_else
    with alone(tmp_path) as nobody_else, alone(tmp_path) as another:
        assert nobody_else and not another
    assert not list(tmp_path.iterdir())
