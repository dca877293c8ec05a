"""A victim: a network trained on (protected) images, and its accuracy on clean test images."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from sem_ray.augment import draw_views
from sem_ray.checkpoint import Checkpoint
from sem_ray.data.image_set import ImageSet, Rows
from sem_ray.devices import folds, pixels
from sem_ray.distributed import LOCAL, Communicator
from sem_ray.distributed.shards import Part, Shards, Split, rows_of
from sem_ray.networks import FrozenTwin
from sem_ray.progress import Progress, ProgressSink, silent
from sem_ray.rng import RandomStreams
from sem_ray.spec import ExperimentSpec
from sem_ray.training import Attack, ParallelContext, Trainer
from sem_ray.training.run_loop import Finished, Report, run_schedule
from sem_ray.training.run_state import State, apart
from sem_ray.victims.accuracy import accuracy

CURVE = "curve"
PROBES = "probes"
"""(step, accuracy) pairs of tests that are not part of the curve."""


@dataclass(frozen=True)
class Victim:
    """What one victim reached. Accuracies are % of the clean test images.

    radius: of its adversarial training, in 1/255. curve: (step, accuracy) pairs, the last at the
    end of training. train_loss: of the last step. seconds: wall time of the training. Quote
    `last`; `best` is what early stopping by the test images would give.
    """

    radius: float
    curve: tuple[tuple[int, float], ...]
    train_loss: float
    seconds: float

    @classmethod
    def of(cls, radius: float, finished: Finished) -> Victim:
        curve = tuple((int(step), float(reached)) for step, reached in finished.state.facts[CURVE])
        return cls(radius, curve, finished.loss, finished.seconds)

    @property
    def last(self) -> float:
        return self.curve[-1][1]

    @property
    def best(self) -> float:
        return max(accuracy for _, accuracy in self.curve)


@dataclass(frozen=True)
class VictimSchedule:
    """How many steps one victim trains for, and after which of them it is tested."""

    radius: float
    total: int
    marks: frozenset[int]
    role: str = "victim"

    @classmethod
    def of(cls, spec: ExperimentSpec, radius: float) -> VictimSchedule:
        steps = spec.victim.steps
        return cls(radius, steps, evaluation_steps(steps, spec.victim.evaluations))

    def progress(self, done: int) -> Progress:
        return Progress(f"victim ρ={self.radius:g}", done, self.total, "steps")


def evaluation_steps(steps: int, evaluations: int) -> frozenset[int]:
    """At most `evaluations` evenly spaced steps, counted from 1; the last is `steps`."""
    count = min(steps, evaluations)
    return frozenset(round(steps * (i + 1) / count) for i in range(count))


class VictimSteps:
    """The network of one victim and its training steps, on this worker's shards.

    `rows` holds the (protected) images of the `owned` shards of `split`, one after the other.
    """

    def __init__(
        self,
        spec: ExperimentSpec,
        radius: float,
        rows: Rows,
        split: Split | None = None,
        owned: Sequence[int] | None = None,
        communicator: Communicator = LOCAL,
    ) -> None:
        self.spec, self.radius, self.rows = spec, radius, rows
        self.attack = Attack.of(spec.victim, radius)
        split = split or split_of(spec, len(rows))
        folded = folds(rows.device, spec.precision)
        self.shards = Shards(split, RandomStreams(spec.seed, rows.device), owned, folded=folded)
        self.trainer = Trainer.new(
            spec.victim,
            spec,
            classes=rows.classes,
            shape=rows.shape,
            device=rows.device,
            role="victim",
            parallel=ParallelContext.of(self.shards, communicator, folded=folded),
        )

    def step(self, step: int) -> Tensor:
        """Take one SGD step on adversarial examples of augmented images. Returns each part's share
        of the loss, on the device."""
        parts = self.shards.training_parts("victim", step)
        self.rows.prefetch(lambda: rows_of(self.shards.training_parts("victim", step + 1)))
        network = self.trainer.frozen() if self.radius else None
        inputs = [self._examples(network, step, part) for part in parts]
        return self.trainer.step(step, inputs, [self.rows.labels[part.rows] for part in parts])

    def _examples(self, network: FrozenTwin | None, step: int, part: Part) -> Tensor:
        stream = self.shards.stream("victim", step, part)
        whole = pixels(self.rows.images[part.rows], self.spec.precision)
        views = draw_views(self.spec.augmentation, stream, 1, whole).apply(whole)
        if network is None:
            return views
        return self.attack.examples(network, views, self.rows.labels[part.rows], stream)


def split_of(spec: ExperimentSpec, rows: int) -> Split:
    """The shards of `rows` training images under `spec`."""
    return Split(rows, spec.victim.batch, spec.shards)


def victim_passes(spec: ExperimentSpec, radius: float, rows: int) -> float:
    """Forward-backward passes of one victim over each of `rows` training images, on average: in
    each step those of the attack, if `radius` is above 0, and one to train."""
    visits = spec.victim.steps * split_of(spec, rows).batch / rows
    return visits * ((spec.victim.attack_steps if radius else 0) + 1)


class Training:
    """Executor of a victim's training on this worker's shards, tested on this worker's share of
    the `test` images: at the schedule's marks for its curve, and after the steps of `probes` beside
    it, which changes neither the curve nor the network."""

    waiting = False

    def __init__(
        self,
        steps: VictimSteps,
        test: Rows,
        communicator: Communicator = LOCAL,
        probes: Collection[int] = (),
    ) -> None:
        self.steps, self.test, self.communicator = steps, test, communicator
        self.schedule = VictimSchedule.of(steps.spec, steps.radius)
        self.done = 0
        self.curve: list[tuple[int, float]] = []
        self.probes: list[tuple[int, float]] = []
        self._probed = frozenset(probes)
        self._tests = self.schedule.marks | self._probed

    def advance(self, until: int) -> Report:
        """Train up to step `until`, or to the next test if that comes first."""
        before = self.done
        for step in range(before, until):
            losses = self.steps.step(step)
            self.done = step + 1
            if self.done in self._tests:
                break
        by_shard = dict(zip(self.steps.shards.slots, losses.tolist(), strict=True))
        metrics = self._tested() if self.done in self._tests else {}
        images = (self.done - before) * self.steps.shards.batch_rows
        return Report(self.done, by_shard, metrics, images=images)

    def state(self) -> State:
        facts: dict[str, Any] = {"done": self.done, CURVE: list(self.curve)}
        if self.probes:
            facts[PROBES] = list(self.probes)
        return State(apart(self.steps.trainer.state()), facts=facts)

    def load(self, state: State | None) -> None:
        if state is None:
            if self.done:
                raise RuntimeError("a training that has begun cannot begin again")
            return
        self.steps.trainer.load(state.shared)
        self.done = int(state.facts["done"])
        self.curve = [(step, reached) for step, reached in state.facts[CURVE]]
        self.probes = [(step, reached) for step, reached in state.facts.get(PROBES, ())]

    def _tested(self) -> dict[str, float]:
        """Test the network and add a point to the curve, to the probes, or to both."""
        network = self.steps.trainer.frozen()
        reached = accuracy(network, self.test, self.steps.spec, self.communicator)
        if self.done in self.schedule.marks:
            self.curve.append((self.done, reached))
        if self.done in self._probed:
            self.probes.append((self.done, reached))
        return {"accuracy": reached}


def train_victim(
    spec: ExperimentSpec,
    radius: float,
    train: ImageSet,
    test: ImageSet,
    *,
    device: torch.device,
    stream: bool | None = None,
    sink: ProgressSink = silent,
    checkpoint: Checkpoint | None = None,
    probes: Collection[int] = (),
) -> Victim:
    """Train on `train` against PGD of `radius` (1/255; 0 is standard training) on one device, and
    test on `test`; if `stream`, images stay in their file and stream to the device (`Rows.to`).
    After the steps of `probes` the network is tested too, and the checkpoint keeps what it reached.

    Goes on from `checkpoint` if it has one. Raises `WorkFailed` if the loss stops being a number,
    `OutOfTime` if the checkpoint's time is over.
    """
    steps = VictimSteps(spec, radius, train.rows.to(device, stream=stream))
    executor = Training(steps, test.rows.to(device, stream=stream), probes=probes)
    return Victim.of(
        radius, run_schedule(executor.schedule, executor, sink=sink, checkpoint=checkpoint)
    )
