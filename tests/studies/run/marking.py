"""Real experiments that note each artifact they make, so that makings can be counted."""

from __future__ import annotations

import os
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import torch

from sem_ray.checkpoint import Checkpoint
from sem_ray.data import ImageSet
from sem_ray.methods import noise_identity
from sem_ray.methods.generation import Generated
from sem_ray.pipeline import Backend, run_experiment
from sem_ray.pipeline.experiment import Outcome
from sem_ray.progress import ProgressSink, silent
from sem_ray.spec import ExperimentSpec
from sem_ray.store import Store
from sem_ray.victims import Victim

MARKS = "TEST_MARKS"
"""Names the file in which makings are noted, a line each."""
SECONDS = 0.05
"""How much longer each making takes, so that others come to wait for it."""


def marking(
    spec: ExperimentSpec, store: Store, *, backend: Backend, sink: ProgressSink = silent
) -> Outcome:
    """`run_experiment`, whose makings leave a line each in the file of `$TEST_MARKS`."""
    return run_experiment(spec, store, backend=Marking(backend), sink=sink)


def marks(file: Path) -> list[str]:
    """What was made, sorted."""
    return sorted(file.read_text().splitlines())


@dataclass(frozen=True)
class Marking:
    """A backend that notes what it has made."""

    inner: Backend

    @property
    def device(self) -> torch.device:
        return self.inner.device

    @property
    def stream(self) -> bool | None:
        return self.inner.stream

    def generate(
        self,
        spec: ExperimentSpec,
        images: ImageSet,
        *,
        sink: ProgressSink = silent,
        checkpoint: Checkpoint | None = None,
    ) -> Generated:
        made = self.inner.generate(spec, images, sink=sink, checkpoint=checkpoint)
        _note(f"noise {noise_identity(spec, images.fingerprint)}")
        return made

    def train_victim(
        self,
        spec: ExperimentSpec,
        radius: float,
        train: ImageSet,
        test: ImageSet,
        *,
        sink: ProgressSink = silent,
        checkpoint: Checkpoint | None = None,
        probes: Collection[int] = (),
    ) -> Victim:
        made = self.inner.train_victim(
            spec, radius, train, test, sink=sink, checkpoint=checkpoint, probes=probes
        )
        _note(f"victim {train.fingerprint} {radius} {spec.victim.learning_rate}")
        return made


def _note(line: str) -> None:
    time.sleep(SECONDS)
    handle = os.open(os.environ[MARKS], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(handle, f"{line}\n".encode())
    finally:
        os.close(handle)
