"""A trial on its way: what it measures at the rungs of its study, and whether it is stopped."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from sem_ray.metrics.measurement import TEST_ACCURACY, Measurement, metric_key
from sem_ray.pipeline import Backend
from sem_ray.pipeline.experiment import Outcome
from sem_ray.pipeline.rungs import RungExperiment
from sem_ray.progress import ProgressSink
from sem_ray.spec import ExperimentSpec
from sem_ray.store import Store
from sem_ray.studies.definition.early_stopping import EarlyStoppingSpec
from sem_ray.studies.definition.study_spec import StudySpec
from sem_ray.studies.journal.trial_report import RungReport

AtRung = Callable[[RungReport], bool]
"""Hands a report on; whether the trial is to stop."""


class Measured(Protocol):
    """What a rung gives: `sem_ray.pipeline.Outcome`, as far as a study looks into it."""

    def measurements(self, spec: ExperimentSpec) -> tuple[Measurement, ...]: ...


class RungRun(Protocol):
    """One trial that is measured on its way."""

    def measure(self, rung: int) -> Measured:
        """Go on to the rung, counted from 0, and measure there."""
        ...

    def abandon(self) -> None:
        """Remove what only going on would need."""
        ...


class Rungs(Protocol):
    """How all trials of a study are measured on their way; it travels to the workers."""

    @property
    def count(self) -> int: ...

    def begin(
        self, spec: ExperimentSpec, store: Store, *, backend: Backend, sink: ProgressSink
    ) -> RungRun: ...


@dataclass(frozen=True)
class ExperimentRungs:
    """Rungs of real experiments. metrics: keys of what must be measured there."""

    early: EarlyStoppingSpec
    metrics: tuple[str, ...]

    @classmethod
    def of(cls, study: StudySpec) -> ExperimentRungs | None:
        """Those of the study; None if it has none."""
        if study.early_stopping is None:
            return None
        metrics = [objective.metric for objective in study.objectives]
        metrics += [constraint.metric for constraint in study.constraints]
        return cls(study.early_stopping, tuple(metrics))

    @property
    def count(self) -> int:
        return len(self.early.rungs)

    def begin(
        self, spec: ExperimentSpec, store: Store, *, backend: Backend, sink: ProgressSink
    ) -> RungRun:
        radii = self._radii(spec)
        run = RungExperiment.begin(spec, store, radii, backend=backend, sink=sink)
        return _Run(self.early, run)

    def _radii(self, spec: ExperimentSpec) -> Sequence[float]:
        """Of the victims whose accuracy is wanted."""
        found = ((radius, metric_key(TEST_ACCURACY, radius)) for radius in spec.victim.radii)
        return [radius for radius, key in found if key in self.metrics]


@dataclass(frozen=True)
class _Run:
    early: EarlyStoppingSpec
    run: RungExperiment

    def measure(self, rung: int) -> Outcome:
        spec = self.run.spec
        if self.early.stage == "victim":
            return self.run.at_victim_step(self.early.step_of(rung, spec.victim.steps))
        step = self.early.step_of(rung, spec.surrogate.steps)
        return self.run.at_surrogate_step(step, self.early.short(spec.victim.steps))

    def abandon(self) -> None:
        self.run.abandon()


def stopped_at(run: RungRun, count: int, spec: ExperimentSpec, at_rung: AtRung) -> int | None:
    """The rung at which the trial is told to stop, if it is, of `count`."""
    start = time.monotonic()
    for rung in range(count):
        measured = run.measure(rung).measurements(spec)
        seconds = time.monotonic() - start
        if at_rung(RungReport(rung=rung, measurements=measured, seconds=seconds)):
            run.abandon()
            return rung
    return None
