"""What the members of a group work on, as it travels to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sem_ray.data.image_set import Rows
from sem_ray.generation import Generation
from sem_ray.peers import Peers
from sem_ray.running import Crew, State
from sem_ray.shards import Split
from sem_ray.spec import ExperimentSpec
from sem_ray.victims import Training, VictimSteps

Packed = tuple[NDArray[Any], NDArray[Any], int]
"""Rows as arrays, which Ray shares between processes without copies."""


@dataclass(frozen=True)
class Job:
    """One generation, or where `radius` (1/255) is given, one victim."""

    spec: ExperimentSpec
    split: Split
    radius: float | None = None

    def crew(self, rows: Rows, owned: Sequence[int], peers: Peers, test: Rows | None) -> Crew:
        """A member's part: on the rows of the `owned` shards, one after the other."""
        if self.radius is None:
            return Generation(self.spec, rows, self.split, owned, peers)
        if test is None:
            raise ValueError("a victim needs test images")
        steps = VictimSteps(self.spec, self.radius, rows, self.split, owned, peers)
        return Training(steps, test, peers)


def pack(rows: Rows) -> Packed:
    return rows.images.cpu().numpy(), rows.labels.cpu().numpy(), rows.classes


def unpack(parts: Sequence[Packed], device: torch.device) -> Rows:
    """The rows of `parts`, one after the other, in memory of their own."""
    images = torch.from_numpy(np.concatenate([images for images, _, _ in parts]))
    labels = torch.from_numpy(np.concatenate([labels for _, labels, _ in parts]))
    return Rows(images, labels, parts[0][2]).to(device)


def as_arrays(state: State) -> State:
    """The same state for Ray to carry."""
    return _mapped(state, lambda tensor: tensor.numpy())


def as_tensors(state: State) -> State:
    """What `as_arrays` carried, in memory of its own."""
    return _mapped(state, lambda array: torch.from_numpy(np.array(array)))


def _mapped(state: State, change: Any) -> State:
    def each(values: Any) -> dict[str, Tensor]:
        return {name: change(value) for name, value in values.items()}

    shards = {shard: each(values) for shard, values in state.shards.items()}
    return State(each(state.shared), shards, state.facts)
