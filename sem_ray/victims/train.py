"""A victim: a network trained on (protected) images, and its accuracy on clean test images."""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch
from torch import Tensor

from sem_ray.augment import draw_views, test_view
from sem_ray.data.image_set import ImageSet
from sem_ray.devices import MASTERS
from sem_ray.draws import Draws, Stream
from sem_ray.networks import FrozenTwin
from sem_ray.progress import Progress, ProgressSink, silent
from sem_ray.shards import Shards
from sem_ray.spec import ExperimentSpec
from sem_ray.spec.base import PIXEL_STEPS
from sem_ray.training import Attack, Trainer, finite_loss

EVALUATION_BATCH = 500


@dataclass(frozen=True)
class Victim:
    """What one victim reached. Accuracies are % of the clean test images.

    curve: (step, accuracy) pairs, the last at the end of training; `last` is the figure to quote,
    `best` the early-stopping one.
    """

    radius: float
    curve: tuple[tuple[int, float], ...]
    train_loss: float
    seconds: float

    @property
    def last(self) -> float:
        return self.curve[-1][1]

    @property
    def best(self) -> float:
        return max(accuracy for _, accuracy in self.curve)


def train_victim(
    spec: ExperimentSpec,
    radius: float,
    train: ImageSet,
    test: ImageSet,
    *,
    device: torch.device,
    sink: ProgressSink = silent,
) -> Victim:
    """Train on `train` against PGD of `radius` (1/255; 0 is standard training), test on `test`."""
    start = time.perf_counter()
    train, test = train.to(device), test.to(device)
    training = _Training(spec, radius, train)
    curve: list[tuple[int, float]] = []
    marks = evaluation_steps(spec.victim.steps, spec.victim.evaluations)
    stage = f"victim ρ={radius:g}"
    loss = torch.zeros(())
    for step in range(spec.victim.steps):
        loss = training.step(step)
        figures = {}
        if step + 1 in marks:
            curve.append((step + 1, accuracy(training.trainer.frozen(), test, spec)))
            figures = {"loss": finite_loss(float(loss), "victim", step), "accuracy": curve[-1][1]}
        sink(Progress(stage, step + 1, spec.victim.steps, "steps", figures))
    return Victim(radius, tuple(curve), float(loss), time.perf_counter() - start)


def evaluation_steps(steps: int, evaluations: int) -> frozenset[int]:
    """Evenly spaced steps, counted from 1, the last of them the end."""
    count = min(steps, evaluations)
    return frozenset(round(steps * (i + 1) / count) for i in range(count))


def accuracy(network: FrozenTwin, images: ImageSet, spec: ExperimentSpec) -> float:
    """% of `images` that `network` names rightly."""
    right = torch.zeros((), device=images.images.device, dtype=torch.int64)
    for first in range(0, len(images), EVALUATION_BATCH):
        rows = slice(first, first + EVALUATION_BATCH)
        pixels = test_view(spec.augmentation, _pixels(images.images[rows], spec))
        right += (network.logits(pixels).argmax(1) == images.labels[rows]).sum()
    return 100 * int(right) / len(images)


class _Training:
    """The steps of one victim."""

    def __init__(self, spec: ExperimentSpec, radius: float, images: ImageSet) -> None:
        device = images.images.device
        self.spec = spec
        self.images = images
        self.attack = Attack.of(spec.victim, radius)
        self.shards = Shards(len(images), spec.victim.batch, spec.shards, Draws(spec.seed, device))
        self.trainer = Trainer.new(
            spec.victim,
            classes=len(images.classes),
            channels=images.shape[0],
            device=device,
            precision=spec.precision,
            seed=spec.seed,
            role="victim",
        )

    def step(self, step: int) -> Tensor:
        batch = self.shards.training_batch("victim", step)
        stream = self.shards.stream("victim", step, batch)
        labels = self.images.labels[batch.rows]
        views = self._views(_pixels(self.images.images[batch.rows], self.spec), stream)
        return self.trainer.step(
            step, self.attack.examples(self.trainer.frozen(), views, labels, stream), labels
        )

    def _views(self, pixels: Tensor, stream: Stream) -> Tensor:
        return draw_views(self.spec.augmentation, stream, 1, pixels).apply(pixels)


def _pixels(images: Tensor, spec: ExperimentSpec) -> Tensor:
    """uint8 images as [0, 1] in the run's number format."""
    return images.to(MASTERS[spec.precision]) / PIXEL_STEPS
