"""Ctrl-C, SIGTERM and SIGHUP, which a run of many steps obeys between two of them, with its work
saved."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn

STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_Handler = Callable[[int, FrameType | None], Any]


class Interrupted(KeyboardInterrupt):
    """A request to stop. `signum` is the signal that made it; `saved` says what a run kept, "" if
    there was nothing to keep."""

    def __init__(self, signum: int = signal.SIGINT, saved: str = "") -> None:
        super().__init__(saved)
        self.signum, self.saved = signum, saved


def interrupt(signum: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001
    """A signal handler. Raises `Interrupted`."""
    raise Interrupted(signum)


class StopRequest:
    """Whether someone asked to stop, and the handlers that are to answer."""

    def __init__(self, handlers: dict[int, _Handler]) -> None:
        self._handlers = handlers
        self._signum: int | None = None

    def __bool__(self) -> bool:
        return self._signum is not None

    def note(self, signum: int, frame: FrameType | None) -> None:
        """A signal handler: remembers the first signal, and obeys the second at once."""
        if self._signum is not None:
            self._handlers[signum](signum, frame)
        self._signum = signum

    def obey(self, saved: str = "") -> None:
        """Do what the first signal would have done. Raises `Interrupted` with `saved` if that was
        to raise `KeyboardInterrupt`."""
        signum, self._signum = self._signum, None
        if signum is None:
            return
        try:
            self._handlers[signum](signum, None)
        except KeyboardInterrupt:
            raise Interrupted(signum, saved) from None


@contextmanager
def deferred() -> Iterator[StopRequest]:
    """Within the block the first of `STOPS` is noted, for the block to obey when it suits; a
    second one is obeyed at once. A signal that has no handler in Python keeps its effect, as do all
    in a thread that is not the main one, for which Python sets no handlers."""
    handlers: dict[int, _Handler] = {}
    if threading.current_thread() is threading.main_thread():
        found = {number: signal.getsignal(number) for number in STOPS}
        handlers = {number: handler for number, handler in found.items() if callable(handler)}
    request = StopRequest(handlers)
    for number in handlers:
        signal.signal(number, request.note)
    try:
        yield request
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
