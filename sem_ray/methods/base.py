"""What a method is to a run: units of work, one after the other, on the shards that lie here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from sem_ray.data.image_set import Rows
from sem_ray.devices import MASTERS, folds, pixels
from sem_ray.distributed import LOCAL, Communicator
from sem_ray.distributed.shards import Part, Shards, Split, rows_of
from sem_ray.methods.kept import PerImageTensor
from sem_ray.rng import RandomStreams
from sem_ray.spec import ExperimentSpec, TrainingSpec
from sem_ray.spec.base import PIXEL_STEPS
from sem_ray.training import ParallelContext, Trainer

ALTERNATING = (
    "noise.steps",
    "noise.step_size",
    "noise.samples",
    "noise.perturbation_scale",
    "noise.final_steps",
    "noise.noise_phase",
    "noise.surrogate_phase",
    "noise.parity.drop_last",
)
"""Settings of the alternating methods alone."""
AUGMENTED_EM = "noise.parity.augmented_em"
"""A setting of `em` alone."""
ATTACK = ("surrogate.radius", "surrogate.attack_steps", "surrogate.attack_step_size")
"""Settings of a surrogate that is trained adversarially."""
SCHEDULE = ("surrogate.steps", "surrogate.schedule", "surrogate.decay_every")
TRAINING = (
    *("surrogate.network", "surrogate.learning_rate", "surrogate.momentum"),
    *("surrogate.nesterov", "surrogate.weight_decay", "surrogate.decay_factor", *SCHEDULE),
)
"""Settings of any surrogate. Its batch stays: it says how rows lie in shards."""


@dataclass(frozen=True)
class Stage:
    """Some units of a run under one name."""

    name: str
    units: int
    unit: str


class MethodRun(Protocol):
    """A method at work. Units are pure functions of what `shared` and `kept` give, of their number
    and of the spec, so a run goes on from anywhere."""

    @property
    def finished(self) -> bool:
        """Whether the units that are left need not be done."""
        ...

    @property
    def metrics(self) -> Mapping[str, float]:
        """News worth a glance."""
        ...

    def advance(self, unit: int) -> Tensor | None:
        """Unit `unit`, counted from 0: the parts' shares of the loss where it trained a network.
        Raises `WorkerLost`."""
        ...

    def images(self, unit: int) -> int:
        """How many of the images here unit `unit` is for."""
        ...

    def shared(self) -> Mapping[str, Tensor]:
        """What every member has alike."""
        ...

    def kept(self, done: int) -> Mapping[str, Tensor]:
        """What belongs to the rows here, [n, …] each, after `done` units; at the end with `noise`,
        int8 [n, C, H, W] in 1/255."""
        ...

    def load(self, shared: Mapping[str, Tensor], kept: Mapping[str, Tensor]) -> None:
        """Stand where these were given."""
        ...


@dataclass(frozen=True)
class MethodContext:
    """What a method works on: the images of the shards that lie here, one shard after the other."""

    spec: ExperimentSpec
    rows: Rows
    shards: Shards
    communicator: Communicator

    @classmethod
    def of(
        cls,
        spec: ExperimentSpec,
        rows: Rows,
        split: Split | None = None,
        owned: Sequence[int] | None = None,
        communicator: Communicator = LOCAL,
    ) -> MethodContext:
        """`owned` are the shards of `split` whose images `rows` holds; all where it is None."""
        split = split or split_of(spec, len(rows))
        folded = folds(rows.device, spec.precision)
        shards = Shards(split, RandomStreams(spec.seed, rows.device), owned, folded=folded)
        return cls(spec, rows, shards, communicator)

    def surrogate(self, training: TrainingSpec | None = None) -> Trainer:
        """The noise generator as it begins, trained as the spec says unless otherwise told."""
        folded = folds(self.rows.device, self.spec.precision)
        return Trainer.new(
            training or self.spec.surrogate,
            self.spec,
            classes=self.rows.classes,
            shape=self.rows.shape,
            device=self.rows.device,
            role="surrogate",
            parallel=ParallelContext.of(self.shards, self.communicator, folded=folded),
        )

    def pixels(self, part: Part) -> Tensor:
        """The part's images in [0, 1]."""
        return pixels(self.rows.images[part.rows], self.spec.precision)

    def labels(self, part: Part) -> Tensor:
        return self.rows.labels[part.rows]

    def batch(self, stage: str, step: int) -> list[Part]:
        """The parts of `step` that lie here; the images of the next begin to be read."""
        found = self.shards.training_parts(stage, step)
        self.rows.prefetch(lambda: rows_of(self.shards.training_parts(stage, step + 1)))
        return found

    def block(self, number: int) -> list[Part]:
        """The parts of block `number` of a pass over every row; the next begins to be read."""
        found = self.shards.block_parts(number)
        self.rows.prefetch(lambda: rows_of(self.shards.block_parts(number + 1)))
        return found

    def start(self, stage: str, radius: float) -> PerImageTensor:
        """An offset for each image here, uniform in ±radius, each shard's from its own stream."""
        start = self.kept(self.dtype)
        for part in self.whole_shards():
            start[part.rows] = self.shards.stream(stage, 0, part).ball(start[part.rows], radius)
        return start

    def whole_shards(self) -> list[Part]:
        """Every shard here as a part of its own, whole."""
        places = torch.arange(len(self.rows), device=self.rows.device)
        owned = [(shard, places[self.shards.here(shard)]) for shard in self.shards.owned]
        return [Part(rows, (shard,), (len(rows),)) for shard, rows in owned]

    def kept(self, dtype: torch.dtype) -> PerImageTensor:
        """Zeros of each image's shape, kept beside the images."""
        values = torch.zeros(self.rows.images.shape, dtype=dtype, device=self.rows.home)
        return PerImageTensor(values, self.rows.device)

    def blank(self) -> PerImageTensor:
        """int8 noise that is none yet."""
        return self.kept(torch.int8)

    @property
    def dtype(self) -> torch.dtype:
        """What noise is searched in."""
        return MASTERS[self.spec.precision]


@dataclass(frozen=True)
class Method:
    """A way to make noise. `stages` say what there is to do before anyone begins; `begin` begins.

    ignores: settings that make no difference to it. bounded: whether noise keeps to
    `noise.radius`; where not, the manifest's radius is the largest value there is. beside: bytes
    that it keeps for each value of the images.
    """

    name: str
    stages: Callable[[ExperimentSpec, Split], tuple[Stage, ...]]
    begin: Callable[[MethodContext], MethodRun]
    ignores: tuple[str, ...] = ()
    bounded: bool = True
    beside: int = 1


def split_of(spec: ExperimentSpec, rows: int) -> Split:
    """The shards of `rows` images under `spec`."""
    return Split(rows, spec.surrogate.batch, spec.shards)


def rounded(noise: Tensor, radius: float) -> Tensor:
    """δu in [0, 1] as int8 in 1/255, never beyond ⌊ρu⌋ (`radius` in 1/255)."""
    whole = int(radius)
    return (noise * PIXEL_STEPS).round().clamp_(-whole, whole).to(torch.int8)
