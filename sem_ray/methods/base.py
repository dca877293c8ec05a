"""What a run asks of a method, and what it gives: units of work, on the shards that lie here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from sem_ray.data.image_set import Rows
from sem_ray.devices import MASTERS, folds, pixels
from sem_ray.distributed import LOCAL, Communicator
from sem_ray.distributed.shards import Part, Shards, Split, rows_of
from sem_ray.rng import RandomStreams
from sem_ray.spec import ExperimentSpec, TrainingSpec
from sem_ray.spec.base import PIXEL_STEPS
from sem_ray.training import ParallelContext, Trainer


@dataclass(frozen=True, eq=False)
class PerImageTensor:
    """A tensor with a row for each image here, stored beside the images.

    values: [n, …], on the run's `device` if images are resident, in host memory if they stream.
    Indexing copies rows to the device; assignment copies them back.
    """

    values: Tensor
    device: torch.device

    def __getitem__(self, rows: Tensor | slice) -> Tensor:
        return self.values[self._there(rows)].to(self.device)

    def __setitem__(self, rows: Tensor | slice, values: Tensor) -> None:
        self.values[self._there(rows)] = values.to(self.values.device)

    def _there(self, rows: Tensor | slice) -> Tensor | slice:
        return rows.to(self.values.device) if isinstance(rows, Tensor) else rows


@dataclass(frozen=True)
class Stage:
    """A number of units of a run that are reported under one name."""

    name: str
    units: int
    unit: str


class MethodRun(Protocol):
    """The state of a method at work. What a unit does depends on `shared`, `kept`, its number and
    the spec alone, so a run can continue from any unit."""

    @property
    def finished(self) -> bool:
        """Whether the method has converged, so that the remaining units are left out."""
        ...

    @property
    def metrics(self) -> Mapping[str, float]:
        """Numbers to show while the run is under way."""
        ...

    def advance(self, unit: int) -> Tensor | None:
        """Do unit `unit`, counted from 0. Return the parts' shares of the loss if it trained a
        network. Raises `WorkerLost`."""
        ...

    def images(self, unit: int) -> int:
        """The number of images here that unit `unit` works on."""
        ...

    def shared(self) -> Mapping[str, Tensor]:
        """The tensors that are the same on every worker."""
        ...

    def kept(self, done: int) -> Mapping[str, Tensor]:
        """The tensors with a row for each image here, [n, …], after `done` units. After the last
        unit `noise` is among them, int8 [n, C, H, W] in 1/255."""
        ...

    def load(self, shared: Mapping[str, Tensor], kept: Mapping[str, Tensor]) -> None:
        """Take over the state that `shared` and `kept` returned."""
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
        """The context of the `owned` shards of `split`, whose images `rows` holds; None is all."""
        split = split or split_of(spec, len(rows))
        folded = folds(rows.device, spec.precision)
        shards = Shards(split, RandomStreams(spec.seed, rows.device), owned, folded=folded)
        return cls(spec, rows, shards, communicator)

    def surrogate(self, training: TrainingSpec | None = None) -> Trainer:
        """The untrained noise generator, to be trained by `training` or else as the spec says."""
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
        """The parts of `step` that lie here. Starts to read the images of the next step."""
        found = self.shards.training_parts(stage, step)
        self.rows.prefetch(lambda: rows_of(self.shards.training_parts(stage, step + 1)))
        return found

    def block(self, number: int) -> list[Part]:
        """The parts of block `number` of a pass over every row. Starts to read the next block."""
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
        """Each shard here as one part with all of its rows."""
        places = torch.arange(len(self.rows), device=self.rows.device)
        owned = [(shard, places[self.shards.here(shard)]) for shard in self.shards.owned]
        return [Part(rows, (shard,), (len(rows),)) for shard, rows in owned]

    def kept(self, dtype: torch.dtype) -> PerImageTensor:
        """Zeros of the images' shape, stored beside the images."""
        values = torch.zeros(self.rows.images.shape, dtype=dtype, device=self.rows.home)
        return PerImageTensor(values, self.rows.device)

    def blank(self) -> PerImageTensor:
        """int8 noise, all zero."""
        return self.kept(torch.int8)

    @property
    def dtype(self) -> torch.dtype:
        """The number format that noise is optimised in."""
        return MASTERS[self.spec.precision]


def split_of(spec: ExperimentSpec, rows: int) -> Split:
    """The shards of `rows` images under `spec`."""
    return Split(rows, spec.surrogate.batch, spec.shards)


def rounded(noise: Tensor, radius: float) -> Tensor:
    """δu in [0, 1] as int8 in 1/255, never beyond ⌊ρu⌋ (`radius` in 1/255)."""
    whole = int(radius)
    return (noise * PIXEL_STEPS).round().clamp_(-whole, whole).to(torch.int8)
