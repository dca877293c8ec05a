"""Trials that take a moment, and say how they are doing."""

from __future__ import annotations

import time

from sem_ray.pipeline import Backend
from sem_ray.progress import Progress, ProgressSink, silent
from sem_ray.spec import ExperimentSpec
from sem_ray.store import Store
from sem_ray.studies.run.trial import Made
from tests.studies import fakes


def slow(
    spec: ExperimentSpec, store: Store, *, backend: Backend, sink: ProgressSink = silent
) -> Made:
    """As `fakes.instant`, after a tenth of a second."""
    sink(Progress("noise", 1, 2, metrics={"loss": 2.0}))
    time.sleep(0.1)
    return fakes.instant(spec, store, backend=backend, sink=sink)
