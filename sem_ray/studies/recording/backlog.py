"""What MLflow is still to be told, and the one thread that tells it, so that no trial waits for a
commit or for a server that hangs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from sem_ray.records.connection import TrackingFailed

Act = Callable[[], None]

GATHER = 1.0
"""Seconds an act waits for a later one in its place: a short trial is written once, not twice."""
SILENCE = 30.0
"""Seconds without a sign of life after which the end of a sweep no longer waits for MLflow."""
PATIENCE = 5.0
"""Least seconds between a failure and the next try."""
SHARE = 10
"""A failed try that took long is followed by a pause this many times longer."""


@dataclass(frozen=True)
class _Entry:
    act: Act
    due: float


class Backlog:
    """Does acts one at a time, oldest first, in a thread that lives as long as there may be some.

    A failure of MLflow drops all that waits: whoever fills this catches up with one act for
    everything, once `ready`. Everything but the acts themselves is for one other thread to call.
    """

    def __init__(self, *, gather: float = GATHER, silence: float = SILENCE) -> None:
        self._gather, self._silence = gather, silence
        self._entries: dict[Hashable, _Entry] = {}
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._ending = self._given_up = False
        self._heard = self._next_try = 0.0
        self.failure: TrackingFailed | None = None
        """Why the last act failed; None if it did not."""
        self.first_failure: TrackingFailed | None = None
        self.fault: Exception | None = None
        """What else an act raised; nothing is done after it."""

    @property
    def ready(self) -> bool:
        """Whether it is time to try again after a failure."""
        return time.monotonic() >= self._next_try

    def put(self, key: Hashable, act: Act) -> None:
        """Have `act` done in a moment, in the place of one of the same key that still waits. After
        a failure it is left out: it would hide what is missing."""
        with self._changed:
            if self.failure is None:
                self._add(key, act)

    def put_instead(self, key: Hashable, act: Act) -> None:
        """Have `act` done in the place of all that wait, after a failure too."""
        with self._changed:
            self._entries.clear()
            self._add(key, act)

    def finish(self, act: Act) -> None:
        """Have `act` done at once in the place of all that wait, and wait for it as long as MLflow
        gives signs of life."""
        with self._changed:
            self._entries = {None: _Entry(act, 0.0)}
            self._ending, self._heard = True, time.monotonic()
            self._wake()
            while self._thread is not None:
                left = self._heard + self._silence - time.monotonic()
                if left <= 0:
                    self._give_up()
                    return
                self._changed.wait(left)
            self._ending = False

    def alive(self) -> None:
        """For acts to call on their way. Raises `TrackingFailed` if nobody waits for them."""
        if self._given_up:
            raise TrackingFailed("it came too late")
        self._heard = time.monotonic()

    def _add(self, key: Hashable, act: Act) -> None:
        waiting = self._entries.get(key)
        due = waiting.due if waiting else time.monotonic() + self._gather
        self._entries[key] = _Entry(act, due)
        self._wake()

    def _wake(self) -> None:
        if self.fault is not None or self._given_up:
            self._entries.clear()
        elif self._thread is None:
            # A daemon: a server that hangs must not keep the process from ending.
            self._thread = threading.Thread(target=self._work, name="mlflow", daemon=True)
            self._thread.start()
        self._changed.notify_all()

    def _work(self) -> None:
        while (act := self._next()) is not None:
            start = time.monotonic()
            try:
                act()
            except TrackingFailed as failure:
                self._failed(failure, start)
            except Exception as fault:  # noqa: BLE001  the sweep raises it
                with self._changed:
                    self.fault = fault
                    self._entries.clear()
                    self._ending = True
            else:
                self.failure = None

    def _next(self) -> Act | None:
        """The oldest act once it is due; None if there will be none."""
        with self._changed:
            self._heard = time.monotonic()
            self._changed.wait_for(lambda: self._entries or self._ending)
            while self._entries:
                key, entry = next(iter(self._entries.items()))
                left = entry.due - time.monotonic()
                if left <= 0 or self._ending:
                    del self._entries[key]
                    return entry.act
                self._changed.wait(left)
                self._changed.wait_for(lambda: self._entries or self._ending)
            self._thread = None
            self._changed.notify_all()
            return None

    def _failed(self, failure: TrackingFailed, start: float) -> None:
        with self._changed:
            if self._given_up:
                return
            now = time.monotonic()
            self._next_try = now + max(PATIENCE, SHARE * (now - start))
            self.failure = failure
            self.first_failure = self.first_failure or failure
            if not self._ending:  # the last act is still to be tried
                self._entries.clear()

    def _give_up(self) -> None:
        self._given_up = True
        self._entries.clear()
        self.failure = TrackingFailed(f"MLflow gave no answer for {self._silence:g} seconds")
        self.first_failure = self.first_failure or self.failure
