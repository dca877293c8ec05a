"""Logical shards: which rows meet in a step, independent of who computes it.

Rows are split into contiguous shards. A batch takes a fixed share from every shard, in the shard's
own shuffled order, so each shard can be moved to another device without changing any batch.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from sem_ray.draws import Draws, Stream, numpy_generator


@dataclass(frozen=True)
class Batch:
    """The rows of one step (int64 [B], on the run's device) and how many belong to each shard."""

    rows: Tensor
    counts: tuple[int, ...]


class Shards:
    """The split of `rows` rows into at most `shards` shards for batches of `batch`.

    Where rows or batch are fewer than the shards, there are only as many shards; where rows are
    fewer than the batch, a batch is the whole set.
    """

    def __init__(self, rows: int, batch: int, shards: int, draws: Draws) -> None:
        self.rows = rows
        self.batch = min(rows, batch)
        self.count = min(shards, self.batch)
        self.bounds = [rows * shard // self.count for shard in range(self.count + 1)]
        self._draws = draws
        self._orders: dict[tuple[str, int], tuple[int, Tensor]] = {}

    def training_batch(self, stage: str, step: int) -> Batch:
        """The batch of `step`. Each shard passes over its rows in a new order every epoch; rows
        that do not fill the last share of an epoch wait for the next."""
        parts, counts = [], []
        for shard in range(self.count):
            size, share = self._size(shard), self._share(shard)
            epoch, place = divmod(step, size // share)
            order = self._order(stage, shard, epoch)
            parts.append(order[place * share : (place + 1) * share])
            counts.append(share)
        return Batch(torch.cat(parts), tuple(counts))

    def blocks(self) -> int:
        """How many blocks cover every row once."""
        return max(-(-self._size(s) // self._share(s)) for s in range(self.count))

    def block(self, number: int) -> Batch:
        """Block `number` of a pass over every row in order: the next share of every shard."""
        parts, counts = [], []
        for shard in range(self.count):
            share, end = self._share(shard), self.bounds[shard + 1]
            first = min(self.bounds[shard] + number * share, end)
            last = min(first + share, end)
            parts.append(torch.arange(first, last, device=self._draws.device))
            counts.append(last - first)
        return Batch(torch.cat(parts), tuple(counts))

    def stream(self, stage: str, step: int, batch: Batch) -> Stream:
        """The random numbers for `batch` at `step` of `stage`."""
        return self._draws.stream(stage, step, batch.counts)

    def _size(self, shard: int) -> int:
        return self.bounds[shard + 1] - self.bounds[shard]

    def _share(self, shard: int) -> int:
        """Of a batch. What does not divide evenly goes to the largest shards first."""
        by_size = sorted(range(self.count), key=self._size, reverse=True)
        return self.batch // self.count + (by_size.index(shard) < self.batch % self.count)

    def _order(self, stage: str, shard: int, epoch: int) -> Tensor:
        """The shard's rows in the order of `epoch`; the latest order of each shard is kept."""
        kept = self._orders.get((stage, shard))
        if kept is None or kept[0] != epoch:
            generator = numpy_generator(self._draws.seed, stage, "order", epoch, shard)
            order = generator.permutation(self._size(shard)) + self.bounds[shard]
            kept = (epoch, torch.as_tensor(order, device=self._draws.device))
            self._orders[(stage, shard)] = kept
        return kept[1]
