"""Trials in virtual time: what each would measure is known, and no one waits for it.

The study's own queue, schedulers, race and budget run as in a real sweep; only the work is made up.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sem_ray.metrics.measurement import Measurement
from sem_ray.studies.journal.trial_report import Failed, Finished, RungReport, Stopped, TrialReport
from sem_ray.studies.run.trial import TrialSetting
from sem_ray.studies.run.trial_queue import TrialQueue, TrialRequest


@dataclass(frozen=True)
class Reading:
    """What a trial measures, and after how many virtual seconds of its work."""

    seconds: float
    measurements: tuple[Measurement, ...]

    @property
    def facts(self) -> dict[str, Any]:
        return {"seconds": self.seconds, "measurements": self.measurements}


@dataclass(frozen=True)
class Curve:
    """One trial from its start to its end. rungs: what it would measure at each; failure: how it
    ends instead, if it does, at the time of `end`."""

    end: Reading
    rungs: tuple[Reading, ...] = ()
    failure: Failed | None = None

    def report(self) -> TrialReport:
        """How the trial ends if nobody stops it."""
        if self.failure is not None:
            return self.failure.model_copy(update={"seconds": self.end.seconds})
        return Finished(noise_identity="none", **self.end.facts)


Curves = Callable[[TrialRequest], Curve]
"""The curve of a trial: a pure function of what is asked for."""


class SimulatedBackend:
    """So many workers that each run one trial at a time, and a clock that jumps from one event to
    the next. Events at the same time happen in the order in which they were foreseen."""

    def __init__(self, curves: Curves, workers: int = 1) -> None:
        self._curves, self._workers = curves, workers
        self._events: list[tuple[float, int, _Running]] = []
        self._numbers = itertools.count()
        self.now = 0.0
        """Virtual seconds since the first trial began."""
        self.worked = 0.0
        """Virtual seconds of work of all workers."""

    def run(self, queue: TrialQueue, setting: TrialSetting | None = None) -> None:  # noqa: ARG002
        """Run the trials that `queue` gives, until it gives none and none runs."""
        self._start(queue)
        while self._events:
            self.now, _, running = heapq.heappop(self._events)
            self._happen(queue, running)
            self._start(queue)

    def _start(self, queue: TrialQueue) -> None:
        while len(self._events) < self._workers and (request := queue.next()) is not None:
            self._foresee(_Running(request, self._curves(request), self.now, self.now))

    def _foresee(self, running: _Running) -> None:
        heapq.heappush(self._events, (running.next_event, next(self._numbers), running))

    def _happen(self, queue: TrialQueue, running: _Running) -> None:
        self.worked += self.now - running.since
        running.since = self.now
        trial = running.request.trial
        if (reading := running.rung) is None:
            queue.end(trial, running.curve.report())
        elif queue.rung(trial, RungReport(rung=running.passed, **reading.facts)):
            queue.end(trial, Stopped(rung=running.passed, seconds=reading.seconds))
        else:
            running.passed += 1
            self._foresee(running)


@dataclass
class _Running:
    """A trial at work. began and since: when it and its present stretch did; passed: rungs."""

    request: TrialRequest
    curve: Curve
    began: float
    since: float
    passed: int = 0

    @property
    def rung(self) -> Reading | None:
        """The next one, if there is one before the end."""
        if not self.request.rungs or self.passed >= len(self.curve.rungs):
            return None
        reading = self.curve.rungs[self.passed]
        return reading if reading.seconds < self.curve.end.seconds else None

    @property
    def next_event(self) -> float:
        return self.began + (self.rung or self.curve.end).seconds
