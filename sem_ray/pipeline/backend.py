"""Who computes a stage: one device here, or actors (`sem_ray.cluster`), to the same result."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

import torch

from sem_ray.checkpoint import Checkpoint
from sem_ray.data import ImageSet
from sem_ray.methods.generation import Generated, generate
from sem_ray.progress import ProgressSink, silent
from sem_ray.spec import ExperimentSpec
from sem_ray.victims import Victim, train_victim


class Backend(Protocol):
    """Computes what the stages keep. Raises what `generate` and `train_victim` raise."""

    @property
    def device(self) -> torch.device:
        """The device that computes, or for actors one of the kind that they have."""
        ...

    @property
    def stream(self) -> bool | None:
        """Whether images are to stream to it; None: if they do not fit."""
        ...

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
        probes: Collection[int] = ...,
    ) -> Victim: ...


@dataclass(frozen=True)
class OnDevice:
    """One device of this machine, in this process."""

    device: torch.device
    stream: bool | None = None
    """Whether images stream to it; None: if they do not fit."""

    def generate(
        self,
        spec: ExperimentSpec,
        images: ImageSet,
        *,
        sink: ProgressSink = silent,
        checkpoint: Checkpoint | None = None,
    ) -> Generated:
        return generate(
            spec, images, device=self.device, stream=self.stream, sink=sink, checkpoint=checkpoint
        )

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
        return train_victim(
            spec,
            radius,
            train,
            test,
            device=self.device,
            stream=self.stream,
            sink=sink,
            checkpoint=checkpoint,
            probes=probes,
        )
