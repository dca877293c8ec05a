"""The thread beside a sweep: its order, its failures, and that nobody waits for it too long."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from sem_ray.records.connection import TrackingFailed
from sem_ray.studies.recording import backlog as module
from sem_ray.studies.recording.backlog import Backlog

Told = list[object]


@contextmanager
def held(backlog: Backlog) -> Iterator[None]:
    """The thread is busy while the block runs."""
    began, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        began.set()
        go_on.wait(10)

    backlog.put("hold", hold)
    assert began.wait(10)
    yield
    go_on.set()


def telling(told: Told, what: object) -> Callable[[], None]:
    return lambda: told.append(what)


def failing() -> None:
    raise TrackingFailed("down")


def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_acts_are_done_in_the_order_they_came_and_the_latest_of_a_key_in_its_place() -> None:
    backlog, told = Backlog(gather=0), Told()
    with held(backlog):
        for key, what in (("a", 1), ("b", 2), ("a", 3), ("c", 4)):
            backlog.put(key, telling(told, what))
    until(lambda: len(told) == 3)
    assert told == [3, 2, 4]
    backlog.finish(telling(told, "end"))
    assert told[3:] == ["end"]


def test_what_comes_soon_after_takes_the_place_of_what_waits() -> None:
    backlog, told = Backlog(gather=0.2), Told()
    for what in range(20):
        backlog.put("trial", telling(told, what))
    until(lambda: told)
    assert told == [19]
    backlog.finish(lambda: None)


def test_the_end_comes_at_once_in_the_place_of_all_that_waits_and_the_thread_ends() -> None:
    backlog, told = Backlog(gather=60), Told()
    backlog.put("trial", telling(told, "trial"))
    backlog.finish(telling(told, "end"))
    assert told == ["end"]
    assert not any(thread.name == "mlflow" for thread in threading.enumerate())
    backlog.finish(telling(told, "again"))
    assert told == ["end", "again"]


def test_after_a_failure_only_what_catches_up_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.2)
    backlog, told = Backlog(gather=0), Told()
    backlog.put("a", failing)
    until(lambda: backlog.failure)
    assert not backlog.ready
    backlog.put("b", telling(told, "b"))
    until(lambda: backlog.ready)
    backlog.put_instead("all", telling(told, "all"))
    until(lambda: backlog.failure is None)
    assert told == ["all"] and str(backlog.first_failure) == "down"
    backlog.finish(failing)
    assert str(backlog.failure) == "down"


def test_a_failure_right_before_the_end_does_not_cost_the_end() -> None:
    backlog, told = Backlog(gather=0), Told()
    backlog.put("a", failing)
    backlog.finish(telling(told, "end"))
    assert told == ["end"] and backlog.failure is None


def test_a_server_that_hangs_is_given_up_and_what_it_does_later_is_stopped() -> None:
    backlog, go_on, told = Backlog(gather=0, silence=0.2), threading.Event(), Told()

    def hang() -> None:
        go_on.wait(10)
        backlog.alive()
        told.append("late")

    start = time.monotonic()
    backlog.finish(hang)
    assert time.monotonic() - start < 2
    assert "gave no answer for 0.2 seconds" in str(backlog.failure)
    go_on.set()
    until(lambda: not any(thread.name == "mlflow" for thread in threading.enumerate()))
    assert told == [] and "gave no answer" in str(backlog.failure)


def test_slow_work_that_goes_on_is_waited_for() -> None:
    backlog, told = Backlog(gather=0, silence=0.3), Told()

    def slow() -> None:
        for _ in range(8):
            time.sleep(0.1)
            backlog.alive()
        told.append("end")

    backlog.finish(slow)
    assert told == ["end"] and backlog.failure is None


def test_a_fault_of_the_program_is_kept_and_ends_the_work() -> None:
    backlog, told = Backlog(gather=0), Told()

    def wrong() -> None:
        raise ZeroDivisionError

    backlog.put("a", wrong)
    until(lambda: backlog.fault)
    backlog.put("b", telling(told, "b"))
    backlog.finish(telling(told, "end"))
    assert isinstance(backlog.fault, ZeroDivisionError) and told == []
