"""Runs that several workers share, in one process."""

from __future__ import annotations

import torch

from sem_ray.data.image_set import ImageSet, Rows
from sem_ray.distributed import Communicator
from sem_ray.distributed.shards import Split
from sem_ray.methods import split_of
from sem_ray.methods.generation import Generation
from sem_ray.progress import silent
from sem_ray.spec import ExperimentSpec
from sem_ray.training.run_loop import Finished, run_schedule
from sem_ray.training.run_state import State
from tests.distributed.workers import one_by_one, together

CPU = torch.device("cpu")


SHARING: list[list[tuple[int, ...]]] = [
    [(0, 1, 2, 3)],
    [(0, 1), (2, 3)],
    [(0,), (1,), (2,), (3,)],
    [(0, 1, 2), (3,)],
    [(3,), (0, 2), (1,)],
]


def own_rows(images: ImageSet, split: Split, owned: tuple[int, ...]) -> Rows:
    places = torch.cat([torch.arange(split.rows)[split.whole(shard)] for shard in owned])
    return Rows(images.images[places], images.labels[places], len(images.classes))


def shared_noise(spec: ExperimentSpec, images: ImageSet, sharing: list[tuple[int, ...]]) -> State:
    split = split_of(spec, len(images))

    def act(communicator: Communicator) -> Finished:
        owned = sharing[communicator.rank]
        rows = own_rows(images, split, owned)
        executor = one_by_one(
            communicator, lambda: Generation(spec, rows, split, owned, communicator)
        )
        return run_schedule(executor.schedule, executor, sink=silent)

    members = together(len(sharing), act)
    shards = {k: v for one in members for k, v in one.state.shards.items()}
    for one in members[1:]:
        for name, tensor in one.state.shared.items():
            assert torch.equal(tensor, members[0].state.shared[name]), name
    return State(members[0].state.shared, shards)
