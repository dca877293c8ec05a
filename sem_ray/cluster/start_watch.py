"""Notice that Ray's control store (GCS) is killed while Ray starts on this machine.

Ray waits for it in native code, which no signal ends, and after a minute aborts the process with
its own log.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sem_ray.cluster.ray_watch import EVERY, WAKE, wake
from sem_ray.errors import WorkFailed

GCS = "gcs_server"
WAKES_WITHIN = 8.0
"""Seconds in which a signal ends the start, if it waits where a signal can. Less than Ray's 60."""
LOST = (
    "Ray is gone: its GCS was killed or crashed while Ray started; run the same command again, "
    "which goes on from what is saved"
)


@contextmanager
def start_watched() -> Iterator[None]:
    """Watch the GCS that Ray starts below this process during the block.

    Raises `WorkFailed` if it is lost, whatever the block fails with then. If the block cannot be
    ended, the process ends with that line and status 1, as Ray would end it later without.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    watch, before = _StartWatch(), signal.signal(WAKE, wake)
    watch.start()
    try:
        yield
    except (Exception, KeyboardInterrupt, SystemExit) as error:
        if watch.is_lost():
            raise WorkFailed(LOST) from error
        raise
    finally:
        watch.end()
        signal.signal(WAKE, before)


class _StartWatch(threading.Thread):
    """Waits until there is a GCS, and then for its end."""

    def __init__(self) -> None:
        super().__init__(name="ray start watch", daemon=True)
        self._ended = threading.Event()
        self._gcs: int | None = None

    def run(self) -> None:
        while not self._ended.wait(EVERY):
            self._gcs = self._gcs or _gcs_below()
            if self.is_lost():
                self._wake_or_end()
                return

    def end(self) -> None:
        self._ended.set()
        self.join()

    def is_lost(self) -> bool:
        """Whether it was there and is not any more."""
        return self._gcs is not None and not _runs(self._gcs)

    def _wake_or_end(self) -> None:
        end = time.monotonic() + WAKES_WITHIN
        while time.monotonic() < end:
            signal.pthread_kill(threading.main_thread().ident or 0, WAKE)
            if self._ended.wait(1.0):
                return
        _end_process()


def _gcs_below() -> int | None:
    """The process id of a GCS that this process started; None if there is none yet, or if the
    system has no /proc to tell."""
    for children in Path("/proc/self/task").glob("*/children"):
        for pid in _content(children).split():
            if _content(Path(f"/proc/{pid}/comm")).startswith(GCS):
                return int(pid)
    return None


def _runs(pid: int) -> bool:
    """Whether the process is there, and not only waits for its parent to take note of its end."""
    after_name = _content(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
    return bool(after_name) and after_name[0] != "Z"


def _content(file: Path) -> str:
    """Of a file of /proc; empty if the process is gone."""
    try:
        return file.read_text()
    except OSError:
        return ""


def _end_process() -> None:
    """End this process at once. What Ray has started below it notices, and ends as well."""
    sys.stderr.write(f"error: {LOST}\n")
    sys.stderr.flush()
    os._exit(WorkFailed.exit_code)
