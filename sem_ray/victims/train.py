"""A victim: a network trained on (protected) images, and its accuracy on clean test images."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from sem_ray.augment import draw_views
from sem_ray.checkpoint import Checkpoint, Tensors
from sem_ray.data.image_set import ImageSet
from sem_ray.devices import pixels
from sem_ray.draws import Draws
from sem_ray.progress import Progress, ProgressSink, silent
from sem_ray.shards import Shards
from sem_ray.spec import ExperimentSpec
from sem_ray.training import Attack, Trainer, finite_loss
from sem_ray.victims.accuracy import accuracy


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
    checkpoint: Checkpoint | None = None,
) -> Victim:
    """Train on `train` against PGD of `radius` (1/255; 0 is standard training), test on `test`.

    Goes on from `checkpoint` where it has one. Raises `WorkFailed` where the loss stops being a
    number, `OutOfTime` where the checkpoint's time is over.
    """
    steps = VictimSteps(spec, radius, train.to(device))
    return _Training(steps, test.to(device), sink, checkpoint).run()


def evaluation_steps(steps: int, evaluations: int) -> frozenset[int]:
    """Evenly spaced steps, counted from 1, the last of them the end."""
    count = min(steps, evaluations)
    return frozenset(round(steps * (i + 1) / count) for i in range(count))


class VictimSteps:
    """The network of one victim and its steps; `images` is resident on the run's device."""

    def __init__(self, spec: ExperimentSpec, radius: float, images: ImageSet) -> None:
        device = images.images.device
        self.spec = spec
        self.radius = radius
        self.images = images
        self.attack = Attack.of(spec.victim, radius)
        self.shards = Shards(len(images), spec.victim.batch, spec.shards, Draws(spec.seed, device))
        self.trainer = Trainer.new(
            spec.victim,
            spec,
            classes=len(images.classes),
            shape=images.shape,
            device=device,
            role="victim",
        )

    def step(self, step: int) -> Tensor:
        """One SGD step on adversarial examples of augmented images; the loss, on the device."""
        batch = self.shards.training_batch("victim", step)
        stream = self.shards.stream("victim", step, batch)
        labels = self.images.labels[batch.rows]
        whole = pixels(self.images.images[batch.rows], self.spec.precision)
        views = draw_views(self.spec.augmentation, stream, 1, whole).apply(whole)
        if self.radius:
            views = self.attack.examples(self.trainer.frozen(), views, labels, stream)
        return self.trainer.step(step, views, labels)


class _Training:
    """One run and where it stands."""

    def __init__(
        self,
        steps: VictimSteps,
        test: ImageSet,
        sink: ProgressSink,
        checkpoint: Checkpoint | None,
    ) -> None:
        self.steps = steps
        self.test = test
        self.sink = sink
        self.checkpoint = checkpoint
        self.start = time.perf_counter()
        self.done = 0
        self.loss = float("nan")
        self.curve: list[tuple[int, float]] = []
        if checkpoint and (saved := checkpoint.load()):
            self._load(*saved)

    def run(self) -> Victim:
        victim = self.steps.spec.victim
        marks = evaluation_steps(victim.steps, victim.evaluations)
        stage = f"victim ρ={self.steps.radius:g}"
        while self.done < victim.steps:
            loss = self.steps.step(self.done)
            self.done += 1
            figures = self._measured(loss) if self.done in marks else {}
            self.sink(Progress(stage, self.done, victim.steps, "steps", figures))
            if self.checkpoint:
                self.checkpoint.after_step(self._state)
        return Victim(self.steps.radius, tuple(self.curve), self.loss, self.seconds)

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self.start

    def _measured(self, loss: Tensor) -> dict[str, float]:
        """A point of the curve."""
        self.loss = finite_loss(float(loss), "victim", self.done - 1)
        reached = accuracy(self.steps.trainer.frozen(), self.test, self.steps.spec)
        self.curve.append((self.done, reached))
        return {"loss": self.loss, "accuracy": reached}

    def _state(self) -> tuple[Tensors, dict[str, Any]]:
        facts = {
            "done": self.done,
            "loss": self.loss,
            "curve": self.curve,
            "seconds": self.seconds,
        }
        return self.steps.trainer.state(), facts

    def _load(self, tensors: Tensors, facts: dict[str, Any]) -> None:
        self.steps.trainer.load(tensors)
        self.done, self.loss = facts["done"], facts["loss"]
        self.curve = [(step, reached) for step, reached in facts["curve"]]
        self.start -= facts["seconds"]
