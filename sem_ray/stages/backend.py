"""Who computes a stage: one device here, or actors (`sem_ray.cluster`), to the same result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch

from sem_ray.checkpoint import Checkpoint
from sem_ray.data import ImageSet
from sem_ray.generation import Generated, generate
from sem_ray.progress import ProgressSink, silent
from sem_ray.spec import ExperimentSpec
from sem_ray.victims import Victim, train_victim


class Backend(Protocol):
    """Computes what the stages keep. Raises what `generate` and `train_victim` raise."""

    def generate(
        self,
        spec: ExperimentSpec,
        images: ImageSet,
        *,
        sink: ProgressSink = ...,
        checkpoint: Checkpoint | None = ...,
    ) -> Generated: ...

    def train_victim(
        self,
        spec: ExperimentSpec,
        radius: float,
        train: ImageSet,
        test: ImageSet,
        *,
        sink: ProgressSink = ...,
        checkpoint: Checkpoint | None = ...,
    ) -> Victim: ...


@dataclass(frozen=True)
class OnDevice:
    """One device of this machine, in this process."""

    device: torch.device

    def generate(
        self,
        spec: ExperimentSpec,
        images: ImageSet,
        *,
        sink: ProgressSink = silent,
        checkpoint: Checkpoint | None = None,
    ) -> Generated:
        return generate(spec, images, device=self.device, sink=sink, checkpoint=checkpoint)

    def train_victim(
        self,
        spec: ExperimentSpec,
        radius: float,
        train: ImageSet,
        test: ImageSet,
        *,
        sink: ProgressSink = silent,
        checkpoint: Checkpoint | None = None,
    ) -> Victim:
        return train_victim(
            spec, radius, train, test, device=self.device, sink=sink, checkpoint=checkpoint
        )
