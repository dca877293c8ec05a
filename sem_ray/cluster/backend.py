"""Generations and victims on actors, in place of one device."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

import torch

from sem_ray.checkpoint import Checkpoint
from sem_ray.cluster.group.actor_pool import ActorPool
from sem_ray.cluster.group.payload import RunPayload
from sem_ray.cluster.group.shard_group import ShardGroup
from sem_ray.cluster.placement import ReservedBundles
from sem_ray.data.image_set import ImageSet, Rows
from sem_ray.distributed.shards import Split
from sem_ray.errors import BadInput
from sem_ray.methods import split_of as generation_split
from sem_ray.methods.generation import Generated, GenerationSchedule
from sem_ray.progress import ProgressSink, silent
from sem_ray.spec import ExperimentSpec
from sem_ray.training.run_loop import run_schedule
from sem_ray.victims import Victim, VictimSchedule
from sem_ray.victims import split_of as victim_split


class OnActors:
    """The stages' backend on the actors of `places`, who stay from one run to the next. Give them
    back with `close`. `stream` says whether images stream to their devices; None: if they do
    not fit."""

    def __init__(self, places: ReservedBundles, *, stream: bool | None = None) -> None:
        self._pool, self.stream = ActorPool(places), stream
        self._count = places.actors.count
        self.device = torch.device("cuda" if places.actors.gpus else "cpu")
        self._gpus = places.actors.gpus >= 1

    def generate(
        self,
        spec: ExperimentSpec,
        images: ImageSet,
        *,
        sink: ProgressSink = silent,
        checkpoint: Checkpoint | None = None,
    ) -> Generated:
        """As `sem_ray.methods.generation`, to the same bits. Raises `BadInput` if there are
        more actors than shards."""
        split = generation_split(spec, len(images))
        schedule = GenerationSchedule.of(spec, split)
        with self.group(RunPayload(spec, split, stream=self.stream), images.rows) as group:
            return Generated.of(run_schedule(schedule, group, sink=sink, checkpoint=checkpoint))

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
        """As `sem_ray.victims.train_victim`, to the same accuracies."""
        split = victim_split(spec, len(train))
        payload = RunPayload(spec, split, radius, self.stream, tuple(probes))
        with self.group(payload, train.rows, test.rows) as group:
            schedule = VictimSchedule.of(spec, radius)
            return Victim.of(
                radius, run_schedule(schedule, group, sink=sink, checkpoint=checkpoint)
            )

    def close(self) -> None:
        """End the actors."""
        self._pool.close()

    @contextmanager
    def group(
        self, payload: RunPayload, train: Rows, test: Rows | None = None
    ) -> Iterator[ShardGroup]:
        """The actors as the executor of one run, for `run_schedule`; they drop it at the end.

        Raises `BadInput` if there are more actors than shards."""
        self._refuse_idle(payload.split)
        group = ShardGroup(payload, train, test, self._pool, gpus=self._gpus)
        try:
            yield group
        finally:
            group.leave()

    def _refuse_idle(self, split: Split) -> None:
        if self._count > split.count:
            raise BadInput(
                f"{self._count} actors cannot share {split.count} shards: every actor needs one; "
                "ask for fewer actors, or set a larger `shards`"
            )
