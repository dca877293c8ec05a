"""A backend that counts what it is asked, and the images that it is asked about."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

import torch

from sem_ray.checkpoint import Checkpoint
from sem_ray.data import Dataset, ImageSet
from sem_ray.methods.generation import Generated
from sem_ray.pipeline import OnDevice
from sem_ray.progress import ProgressSink, silent
from sem_ray.spec import ExperimentSpec
from sem_ray.victims import Victim
from tests.samples import random_images

TRAIN = random_images(23)
TEST = random_images(9, seed=1)
DATA = Dataset(TRAIN, TEST)


@dataclass
class Counting:
    """This processor, and how often it was asked."""

    inner: OnDevice = field(default_factory=lambda: OnDevice(torch.device("cpu"), None))
    generations: int = 0
    victims: list[float] = field(default_factory=list)

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
        self.generations += 1  # not if it pauses on the way
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
        self.victims.append(radius)
        return self.inner.train_victim(
            spec, radius, train, test, sink=sink, checkpoint=checkpoint, probes=probes
        )
