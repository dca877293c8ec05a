"""What the workers of a group work on, as it travels to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sem_ray.data.image_set import Rows
from sem_ray.data.pixels.memory_mapped import Mapped, joined
from sem_ray.data.pixels.prefetch import Pixels, Streamed, select
from sem_ray.distributed import Communicator
from sem_ray.distributed.shards import Split
from sem_ray.methods import method_of
from sem_ray.methods.generation import Generation
from sem_ray.spec import ExperimentSpec
from sem_ray.training.run_loop import Executor
from sem_ray.training.run_state import State
from sem_ray.victims import Training, VictimSteps

Packed = tuple[NDArray[Any] | Mapped, NDArray[Any], int]
"""Rows as arrays, which Ray shares between processes without copies; images in a file by its
name."""


@dataclass(frozen=True)
class RunPayload:
    """One generation, or if `radius` (1/255) is given, one victim, which is also tested after the
    steps of `probes`; `stream` as in `Rows.to`."""

    spec: ExperimentSpec
    split: Split
    radius: float | None = None
    stream: bool | None = None
    probes: tuple[int, ...] = ()

    @property
    def beside(self) -> int:
        """Bytes that a worker keeps for each value of its images."""
        return method_of(self.spec).beside if self.radius is None else 0

    def executor(
        self, rows: Rows, owned: Sequence[int], communicator: Communicator, test: Rows | None
    ) -> Executor:
        """The executor of one worker, on the rows of its `owned` shards, joined in order."""
        if self.radius is None:
            return Generation(self.spec, rows, self.split, owned, communicator)
        if test is None:
            raise ValueError("a victim needs test images")
        steps = VictimSteps(self.spec, self.radius, rows, self.split, owned, communicator)
        return Training(steps, test, communicator, self.probes)


def pack(rows: Rows, where: slice) -> Packed:
    """The rows at `where`, on the CPU, for Ray's object store."""
    if isinstance(rows.images, Streamed):
        raise TypeError("images that stream to a device cannot travel")
    found = select(rows.images, where)
    images = found if isinstance(found, Mapped) else found.cpu().numpy()
    return images, rows.labels[where].cpu().numpy(), rows.classes


def unpack(parts: Sequence[Packed]) -> Rows:
    """The rows of `parts`, joined in order. Rows that are not in a file are copied out of the
    object store."""
    labels = torch.from_numpy(np.concatenate([labels for _, labels, _ in parts]))
    return Rows(_unpacked([images for images, _, _ in parts]), labels, parts[0][2])


def _unpacked(parts: Sequence[NDArray[Any] | Mapped]) -> Pixels:
    mapped = [part for part in parts if isinstance(part, Mapped)]
    arrays = [part for part in parts if not isinstance(part, Mapped)]
    if mapped and arrays:
        raise ValueError("images partly in a file and partly in memory")
    return joined(mapped) if mapped else torch.from_numpy(np.concatenate(arrays))


def as_arrays(state: State) -> State:
    """The state with NumPy arrays in place of tensors, which Ray carries without a copy."""
    return _mapped(state, lambda tensor: tensor.numpy())


def as_tensors(state: State) -> State:
    """The state that `as_arrays` gave, copied out of the object store."""
    return _mapped(state, lambda array: torch.from_numpy(np.array(array)))


def _mapped(state: State, change: Any) -> State:
    def each(values: Any) -> dict[str, Tensor]:
        return {name: change(value) for name, value in values.items()}

    shards = {shard: each(values) for shard, values in state.shards.items()}
    return State(each(state.shared), shards, state.facts)
