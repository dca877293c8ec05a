"""A whole study in virtual time: its queue, race, samplers and schedulers, and no work."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import optuna

from sem_ray.studies.definition.study_spec import StudySpec
from sem_ray.studies.journal.configurations import Configurations
from sem_ray.studies.journal.storage import StudyRecord
from sem_ray.studies.run.simulated.backend import Curves, SimulatedBackend
from sem_ray.studies.run.spending.budget import Budget
from sem_ray.studies.run.trial_queue import TrialQueue


@dataclass(frozen=True)
class Simulation:
    """How a simulated study ended.

    hours: of virtual time, from its first trial to its last. worked: virtual hours of all trials.
    """

    record: StudyRecord
    configurations: Configurations
    hours: float
    worked: float


def in_memory(spec: StudySpec) -> StudyRecord:
    """A study that is kept nowhere."""
    study = optuna.create_study(study_name=spec.name, directions=spec.directions)
    return StudyRecord(spec.resolved(), "in memory", Path(), study)


def simulate(
    spec: StudySpec, curves: Curves, *, workers: int = 1, record: StudyRecord | None = None
) -> Simulation:
    """Run `spec` on `workers` that work in virtual time, going on with `record` if there is one.

    Raises what ended it early.
    """
    record = record or in_memory(spec)
    budget = Budget.for_runs(record.configurations().remaining(), spec.concurrency)
    queue = TrialQueue(record, budget, lambda _: None, lambda _: None)
    backend = SimulatedBackend(curves, workers)
    backend.run(queue)
    if queue.failure is not None:
        raise queue.failure
    return Simulation(record, queue.configurations, backend.now / 3600, backend.worked / 3600)
