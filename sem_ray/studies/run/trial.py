"""One trial in its Ray worker: a spec in, one report out."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any, Protocol

import torch
from ray import tune

from sem_ray.cluster import OnActors, within_trial
from sem_ray.devices import pick_device
from sem_ray.machine import machine_kind
from sem_ray.metrics.measurement import Measurement
from sem_ray.pipeline import Backend, OnDevice
from sem_ray.progress import Progress, ProgressSink
from sem_ray.spec import ExperimentSpec
from sem_ray.spec.resources import TrialResources
from sem_ray.store import BeingMade, Store, StorePlace
from sem_ray.studies.journal.trial_report import (
    Failed,
    Finished,
    RungReport,
    Stopped,
    TrialReport,
    Waiting,
)
from sem_ray.studies.run.failure_reasons import reason_of
from sem_ray.studies.run.rung_answers import RungAnswers
from sem_ray.studies.run.trial_rungs import AtRung, Rungs, stopped_at
from sem_ray.studies.run.tune.device_watch import DeviceWatch

PROGRESS_EVERY = 2.0
"""Seconds between progress reports, each of which waits for the driver."""

TRIAL, SPEC, GPUS = "trial", "spec", "gpus"
"""Keys of what Tune hands to a trial: its number, its experiment as JSON, and the GPUs, or the
share of one, that it gets."""
RUNGS = "rungs"
"""Key of whether the trial is measured on its way."""
PROGRESS, RUNG, REPORT = "progress", "rung", "report"
"""Keys of what a trial reports; the last report holds the last."""


class Made(Protocol):
    """What an experiment gives: `sem_ray.pipeline.Outcome`, as far as a study looks into it."""

    @property
    def noise_identity(self) -> str: ...

    def measurements(self, spec: ExperimentSpec) -> tuple[Measurement, ...]: ...


class Experiment(Protocol):
    """`sem_ray.pipeline.run_experiment`, or what a test puts in its place."""

    def __call__(
        self, spec: ExperimentSpec, store: Store, *, backend: Backend, sink: ProgressSink = ...
    ) -> Made: ...


@dataclass(frozen=True)
class TrialSetting:
    """What is the same for all trials of a sweep; it travels to the workers."""

    experiment: Experiment
    store: StorePlace
    resources: TrialResources = field(default_factory=TrialResources)
    """What each trial gets; a backend that chooses devices puts its choice here."""
    rungs: Rungs | None = None
    """Where trials are measured on their way; None measures them at their end only."""
    held: bool = False
    """Whether a trial that gets a share of a GPU may take no more than that of its memory."""

    def with_gpus(self, gpus: float) -> TrialSetting:
        """The same for a trial that gets as many."""
        resources = self.resources.model_copy(update={"gpus": gpus})
        return replace(self, resources=resources)


def run_trial(
    config: dict[str, Any], setting: TrialSetting, answers: RungAnswers | None = None
) -> None:
    """Tune's function. After an unforeseen failure the worker ends too, as it may be in any
    state."""
    torch.set_num_threads(max(1, int(setting.resources.cpus)))
    setting = setting.with_gpus(config[GPUS])
    spec = ExperimentSpec.model_validate_json(config[SPEC])
    at_rung = partial(_ask, config[TRIAL], answers) if answers and config[RUNGS] else None
    report = attempt(spec, setting, throttled(_report_progress, PROGRESS_EVERY), at_rung)
    _report(REPORT, report.model_dump())
    if isinstance(report, Failed) and not report.foreseen:
        raise RuntimeError(report.error)


def attempt(
    spec: ExperimentSpec, setting: TrialSetting, sink: ProgressSink, at_rung: AtRung | None = None
) -> TrialReport:
    """Run a trial's experiment and say how it ended; raises nothing that a trial can cause. With
    `at_rung` it is measured on its way, and stopped if that says so."""
    start = time.monotonic()
    watch = DeviceWatch(setting.resources, held=setting.held)
    try:
        with _backend(setting.resources) as backend:
            watch.begin(backend.device)
            store = setting.store.open(waits=False)
            if setting.rungs is not None and at_rung is not None:
                run = setting.rungs.begin(spec, store, backend=backend, sink=sink)
                rung = stopped_at(run, setting.rungs.count, spec, at_rung)
                if rung is not None:
                    return Stopped(
                        rung=rung,
                        seconds=time.monotonic() - start,
                        machine=machine_kind(backend.device),
                        device=watch.use(),
                    )
            made = setting.experiment(spec, store, backend=backend, sink=sink)
        return Finished(
            measurements=made.measurements(spec),
            noise_identity=made.noise_identity,
            seconds=time.monotonic() - start,
            machine=machine_kind(backend.device),
            device=watch.use(),
        )
    except BeingMade as stage:
        return Waiting(kind=stage.kind, identity=stage.identity)
    except Exception as error:  # noqa: BLE001  it is told with the trial
        return Failed.by(error, time.monotonic() - start, watch.use(), reason_of(error))


@contextmanager
def _backend(resources: TrialResources) -> Iterator[Backend]:
    """The trial's actors, or the device it was given; one that was given no GPU must not take one
    that others were promised."""
    if resources.actors is None:
        yield OnDevice(pick_device("auto" if resources.gpus else "cpu"), resources.stream)
        return
    backend = OnActors(within_trial(resources.actors), stream=resources.stream)
    try:
        yield backend
    finally:
        backend.close()


def throttled(report: ProgressSink, every: float) -> ProgressSink:
    """Passes a stage's first report on, then at most one in `every` seconds."""
    last: dict[str, float] = {}

    def sink(progress: Progress) -> None:
        now = time.monotonic()
        if now - last.get(progress.stage, -every) >= every:
            last[progress.stage] = now
            report(progress)

    return sink


def _ask(trial: int, answers: RungAnswers, report: RungReport) -> bool:
    """Report a rung to the driver, and wait for what it says."""
    _report(RUNG, report.model_dump())
    return answers.wait(trial, report.rung)


def _report_progress(progress: Progress) -> None:
    _report(PROGRESS, asdict(progress))


def _report(kind: str, content: dict[str, Any]) -> None:
    """As JSON, because Tune flattens what is nested."""
    tune.report({kind: json.dumps(content)})
