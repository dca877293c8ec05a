"""A long run from its first step to its last, on any executor: paced, watched, checkpointed.

A run is a schedule (what there is to do) and an executor (what runs it): one device, or the workers
of a group. How far it is, is a number of steps; everything else follows from the spec.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from torch import Tensor

from sem_ray.checkpoint import Checkpoint, OutOfTime, Paused
from sem_ray.interrupts import StopRequest, deferred
from sem_ray.progress import Progress, ProgressSink, Worker
from sem_ray.training import finite_loss
from sem_ray.training.run_state import State, packed, unpacked

REPORT_EVERY = 0.5
"""Seconds of work between reports: seldom enough to cost nothing, often enough to watch."""


class Schedule(Protocol):
    """How many steps a run has, and how its progress is reported."""

    @property
    def total(self) -> int:
        """The number of steps."""
        ...

    @property
    def role(self) -> str:
        """The network whose loss is reported: `"surrogate"` or `"victim"`."""
        ...

    def progress(self, done: int) -> Progress:
        """The report of a run that has done `done` steps."""
        ...


@dataclass(frozen=True)
class Report:
    """How an advance went.

    losses: logical shards' shares of the last training step's mean loss; metrics: values worth
    showing; workers: one entry for each; images: how many of those here its steps were for, an
    image of two steps counted twice.
    """

    done: int
    losses: Mapping[int, float] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    workers: tuple[Worker, ...] = ()
    restarts: int = 0
    images: int = 0

    @property
    def loss(self) -> float | None:
        """The mean loss of the batch, or None. Summed in the shards' order, so it does not depend
        on who holds them."""
        return sum(self.losses[shard] for shard in sorted(self.losses)) if self.losses else None


class Executor(Protocol):
    """One device, or a group of workers, that does the steps of a run."""

    done: int

    @property
    def waiting(self) -> bool:
        """Whether workers would join, which takes a `load` of the present state."""
        ...

    def advance(self, until: int) -> Report:
        """Do steps up to `until`, or fewer. Raises `MembershipChanged` if workers were lost."""
        ...

    def state(self) -> State:
        """All that later steps depend on, in memory that none of them changes."""
        ...

    def load(self, state: State | None) -> None:
        """Go to the step of `state`, or to the beginning if it is None."""
        ...


class MembershipChanged(Exception):
    """The executor has other workers now, and needs a `load` before it goes on."""


@dataclass(frozen=True)
class Finished:
    """A run at its end. seconds: wall time over all interruptions; loss: that of the last training
    step."""

    state: State
    seconds: float
    loss: float


def run_schedule(
    schedule: Schedule,
    executor: Executor,
    *,
    sink: ProgressSink,
    checkpoint: Checkpoint | None = None,
) -> Finished:
    """Run to the end, from `checkpoint` on if it has something.

    Ctrl-C and SIGTERM are obeyed between two steps, once a checkpoint is written; a second one is
    obeyed at once. Raises `Interrupted` then, `WorkFailed` if the loss stops being a number,
    `OutOfTime` if the checkpoint's time is over, and `Paused` at the step it is to pause at.
    """
    with deferred() as stop:
        run = _RunLoop(schedule, executor, sink, checkpoint, stop)
        run.go_on()
        while True:
            try:
                while executor.done < schedule.total:
                    run.pause_if_due()
                    run.advance()
                    run.obey()
                run.pause_if_due()
                finished = Finished(executor.state(), run.seconds, run.loss)
                run.obey()
            except MembershipChanged:
                run.go_on()
            else:
                return finished


class _RunLoop:
    """One run of the loop, from a checkpoint or the beginning to the end or an interruption."""

    def __init__(
        self,
        schedule: Schedule,
        executor: Executor,
        sink: ProgressSink,
        checkpoint: Checkpoint | None,
        stop: StopRequest,
    ) -> None:
        self.schedule, self.executor, self.sink, self.checkpoint = (
            schedule,
            executor,
            sink,
            checkpoint,
        )
        self.start = time.perf_counter()
        self.loss = float("nan")
        self._stop = stop
        self._earlier: float | None = None
        self._kept: tuple[dict[str, Tensor], dict[str, Any]] | None = None
        self._pace = 0.0

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self.start + (self._earlier or 0.0)

    def go_on(self) -> None:
        """Load the latest saved state, from memory or the checkpoint, or start from the
        beginning."""
        saved = self._kept or (self.checkpoint.load() if self.checkpoint else None)
        earlier = saved[1]["seconds"] if saved else 0.0
        self._earlier = earlier if self._earlier is None else self._earlier
        if saved is None:
            self.executor.load(None)
            return
        tensors, facts = saved
        self.loss = facts["loss"]
        self.executor.load(unpacked(tensors, facts))

    def advance(self) -> None:
        """Do as many steps as fit between two reports, then report."""
        began, before = time.perf_counter(), self.executor.done
        report = self.executor.advance(min(before + self._steps(), self._end))
        self._pace = (time.perf_counter() - began) / max(report.done - before, 1)
        self._tell(report)
        self._save()
        if self.executor.waiting:
            self.executor.load(self.executor.state())

    def obey(self) -> None:
        """Save a checkpoint and stop if an interrupt was asked for. Raises `Interrupted`."""
        if not self._stop:
            return
        saved = ""
        if self.checkpoint is not None:
            self.checkpoint.save(*self._packed())
            at = self.schedule.progress(self.executor.done)
            saved = f"{at.stage} is saved at {at.done} of {at.total} {at.unit}"
        self._stop.obey(saved)

    def pause_if_due(self) -> None:
        """Save a checkpoint if this is the step to pause at. Raises `Paused` then."""
        if self.checkpoint is None or self.checkpoint.pause_at is None:
            return
        if self.executor.done >= self._end:
            self.checkpoint.save(*self._packed())
            raise Paused

    @property
    def _end(self) -> int:
        """The step that the loop runs to without a pause."""
        pause = self.checkpoint.pause_at if self.checkpoint else None
        return self.schedule.total if pause is None else min(pause, self.schedule.total)

    def _steps(self) -> int:
        return max(int(REPORT_EVERY / self._pace), 1) if self._pace else 1

    def _tell(self, report: Report) -> None:
        metrics = dict(report.metrics)
        if (loss := report.loss) is not None:
            self.loss = finite_loss(loss, self.schedule.role, report.done - 1)
            metrics["loss"] = loss
        progress = self.schedule.progress(report.done)
        self.sink(
            replace(progress, metrics=metrics, workers=report.workers, restarts=report.restarts)
        )

    def _save(self) -> None:
        if self.checkpoint is None:
            return
        if self.checkpoint.over():
            self.checkpoint.save(*self._packed())
            raise OutOfTime("out of time: saved, and the same call goes on from here")
        if self.checkpoint.due():
            self._kept = self._packed()
            self.checkpoint.save_aside(*self._kept)

    def _packed(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        state = self.executor.state()
        facts = {**state.facts, "loss": self.loss, "seconds": self.seconds}
        return packed(state, facts)
