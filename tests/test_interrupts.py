"""The first Ctrl-C waits for the end of a step, the second does not."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator

import pytest

from sem_ray.interrupts import Interrupted, deferred, interrupt


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """SIGTERM as the program sets it; all as it was afterwards."""
    before = signal.signal(signal.SIGTERM, interrupt)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_is_obeyed_when_the_block_asks_and_not_before(number: int) -> None:
    with deferred() as stop:
        assert not stop
        signal.raise_signal(number)
        assert stop
        with pytest.raises(Interrupted) as told:
            stop.obey("saved at step 3")
    assert (told.value.signum, told.value.saved) == (number, "saved at step 3")


def test_the_second_signal_is_obeyed_at_once() -> None:
    with deferred():
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_without_a_signal_there_is_nothing_to_obey() -> None:
    with deferred() as stop:
        stop.obey("all is well")


def test_handlers_are_as_they_were_after_the_block() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with pytest.raises(ValueError, match="within"), deferred():
        raise ValueError("within")
    assert before == (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM))


def test_a_handler_that_does_not_raise_lets_the_block_go_on() -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: heard.append(number))
    with deferred() as stop:
        signal.raise_signal(signal.SIGTERM)
        assert not heard
        stop.obey()
        assert not stop
    signal.signal(signal.SIGTERM, before)
    assert heard == [signal.SIGTERM]


def test_a_signal_without_a_handler_in_python_is_left_alone() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with deferred():
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_other_threads_have_no_say() -> None:
    """Python sets handlers in the main thread alone."""
    wrong: list[BaseException] = []

    def act() -> None:
        try:
            with deferred() as stop:
                assert not stop
        except BaseException as error:  # noqa: BLE001  told below
            wrong.append(error)

    thread = threading.Thread(target=act)
    thread.start()
    thread.join()
    assert wrong == []
