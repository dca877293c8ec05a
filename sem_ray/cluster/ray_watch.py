"""Notice that the Ray of a session is gone: the raylet on this machine, or the cluster's control
store (GCS).

Ray does not say so. Calls of a driver whose raylet was killed wait for ever, and a driver whose GCS
was killed is aborted by Ray after a minute.
"""

from __future__ import annotations

import errno
import signal
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import NoReturn

import ray

from sem_ray.errors import WorkFailed

EVERY = 0.5
"""Seconds between two looks."""
ANSWER_WITHIN = 5.0
"""Seconds a service has to accept a connection. One that only is slow is not gone."""
SURE_AFTER = 1.5
"""Seconds of refused connections after which a service is gone."""
GCS_RESTARTS_WITHIN = 40.0
"""The same for the GCS of a cluster that we did not start: KubeRay may start it again. Less than
the 60 s after which Ray aborts the driver."""
NOBODY_THERE = (errno.ECONNREFUSED, errno.ECONNRESET, errno.EHOSTUNREACH, errno.ENETUNREACH)
"""Errors of a connection that tell that nothing listens."""
WAKE = signal.SIGUSR2
"""Wakes the main thread out of a call to Ray; Tune uses SIGUSR1."""


class RayLost(KeyboardInterrupt):
    """The session's Ray is gone. What a signal handler raises in a call to Ray must be a
    `KeyboardInterrupt`: Ray swallows everything else, and raises a plain one in its place."""


@dataclass
class Service:
    """A part of Ray that listens, and since when it does not."""

    name: str
    host: str
    port: int
    patience: float = SURE_AFTER
    down_since: float | None = None

    def is_gone(self) -> bool:
        """Whether every connection was refused for `patience` seconds."""
        if self.listens():
            self.down_since = None
            return False
        self.down_since = self.down_since or time.monotonic()
        return time.monotonic() - self.down_since >= self.patience

    def listens(self) -> bool:
        try:
            socket.create_connection((self.host, self.port), timeout=ANSWER_WITHIN).close()
        except OSError as error:
            # Others, as a time-out or too many open files here, say nothing about the service.
            return error.errno not in NOBODY_THERE
        return True

    def __str__(self) -> str:
        return f"its {self.name} at {self.host}:{self.port} was killed or crashed"


class Watch:
    """A thread that looks at `services` until one is gone, and then wakes the main thread, if it is
    the one that made the watch."""

    def __init__(self, services: Sequence[Service]) -> None:
        self._services = services
        self._wakes = threading.current_thread() is threading.main_thread()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, name="ray watch", daemon=True)
        self.gone: Service | None = None

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Look during the block, in which `WAKE` raises `RayLost` in the main thread."""
        before = signal.signal(WAKE, wake) if self._wakes else None
        self._thread.start()
        try:
            yield
        finally:
            self._ended.set()
            self._thread.join()
            if self._wakes:
                signal.signal(WAKE, before)

    def confirm(self) -> bool:
        """Whether Ray is gone. Waits as long as that takes to tell, because a failed call comes
        sooner than the thread's next look."""
        while self.gone is None and any(service.down_since for service in self._look_once()):
            time.sleep(EVERY)
        return self.gone is not None

    def _look_once(self) -> Sequence[Service]:
        gone = [service for service in self._services if service.is_gone()]
        if gone and self.gone is None:
            self.gone = gone[0]
        return self._services

    def _look(self) -> None:
        while self.gone is None and not self._ended.wait(EVERY):
            self._look_once()
        # Again and again: something on the way may have swallowed it, or wait for Ray once more.
        while self._wakes and not self._ended.is_set():
            signal.pthread_kill(threading.main_thread().ident or 0, WAKE)
            self._ended.wait(10.0)


_current: Watch | None = None


def ray_is_lost() -> bool:
    """Whether the session's Ray is gone, so that nothing needs to be given back to it."""
    return _current is not None and _current.gone is not None


@contextmanager
def watched(*, ours: bool) -> Iterator[None]:
    """Watch the connected Ray during the block. `ours` says whether we started it.

    Raises `WorkFailed` if it goes, whatever the block is waiting for or failed with then. In a
    thread that is not the main one a call that waits cannot be ended, and only failures are told.
    """
    global _current  # noqa: PLW0603  one process has one Ray
    if _current is not None:
        yield
        return
    _current = watch = Watch(_services(ours=ours))
    try:
        with watch.looking():
            yield
    except KeyboardInterrupt as error:
        if watch.gone:
            raise _told(watch) from error
        raise
    except Exception as error:
        if watch.confirm():
            raise _told(watch) from error
        raise
    finally:
        _current = None


def wake(signum: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001
    raise RayLost


def _services(*, ours: bool) -> list[Service]:
    """What can be watched: nothing through Ray's client, which tells a loss itself; and of a
    cluster that we did not start, what this machine reaches."""
    if ray.util.client.ray.is_connected():
        return []
    context = ray.get_runtime_context()
    host, _, port = context.gcs_address.rpartition(":")
    found = [Service("GCS", host, int(port), SURE_AFTER if ours else GCS_RESTARTS_WITHIN)]
    own = context.get_node_id()
    here = [node for node in ray.nodes() if node["NodeID"] == own]
    found += [Service("raylet", one["NodeManagerAddress"], one["NodeManagerPort"]) for one in here]
    return found if ours else [service for service in found if service.listens()]


def _told(watch: Watch) -> WorkFailed:
    return WorkFailed(
        f"Ray is gone: {watch.gone}; run the same command again, which goes on from what is saved"
    )
