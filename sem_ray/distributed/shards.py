"""Logical shards: which rows meet in a step, independent of who computes it.

Rows are split into contiguous shards. A batch takes a fixed share from every shard, in the shard's
own shuffled order, so each shard can be moved to another device without changing any batch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from sem_ray.rng import RandomStreams, Stream, numpy_generator

_Share = Callable[[int], Tensor]
"""A shard's number → some of its rows."""


@dataclass(frozen=True)
class Part:
    """Rows of one step that are computed together.

    rows: int64 [n], places among the rows that lie here; `counts[i]` of them, in turn, belong to
    shard `shards[i]`.
    """

    rows: Tensor
    shards: tuple[int, ...]
    counts: tuple[int, ...]


def rows_of(parts: Sequence[Part]) -> list[Tensor]:
    """The rows of each part, joined in order: int64 [n]."""
    return [part.rows for part in parts]


@dataclass(frozen=True)
class Split:
    """`rows` rows in at most `wanted` shards, for batches of `wanted_batch`.

    If rows or batch are fewer than the shards, there are only as many shards; if rows are
    fewer than the batch, a batch is the whole set.
    """

    rows: int
    wanted_batch: int
    wanted: int

    @property
    def batch(self) -> int:
        return min(self.rows, self.wanted_batch)

    @property
    def count(self) -> int:
        return min(self.wanted, self.batch)

    @cached_property
    def bounds(self) -> tuple[int, ...]:
        """Shard i is the rows from `bounds[i]` up to `bounds[i + 1]`."""
        return tuple(self.rows * shard // self.count for shard in range(self.count + 1))

    def size(self, shard: int) -> int:
        return self.bounds[shard + 1] - self.bounds[shard]

    @cached_property
    def shares(self) -> tuple[int, ...]:
        """Rows of each shard in a batch. What does not divide evenly goes to the largest shards
        first."""
        by_size = sorted(range(self.count), key=self.size, reverse=True)
        more = set(by_size[: self.batch % self.count])
        return tuple(self.batch // self.count + (shard in more) for shard in range(self.count))

    @property
    def blocks(self) -> int:
        """The number of blocks that cover every row once."""
        return max(-(-self.size(s) // self.shares[s]) for s in range(self.count))

    def whole(self, shard: int) -> slice:
        """The shard's rows in the whole set."""
        return slice(self.bounds[shard], self.bounds[shard + 1])


class Shards:
    """The shards that lie here, one after the other, and their random numbers.

    owned: their numbers, ascending; all if it is None. folded: whether they are computed as one
    part, which is faster on a GPU, or each as its own, which gives the same bits wherever it lies.
    """

    def __init__(
        self,
        split: Split,
        draws: RandomStreams,
        owned: Sequence[int] | None = None,
        *,
        folded: bool = False,
    ) -> None:
        self.split = split
        self.owned = tuple(range(split.count) if owned is None else owned)
        self._groups = [self.owned] if folded else [(shard,) for shard in self.owned]
        self._draws = draws
        self._orders: dict[tuple[str, int], tuple[int, Tensor]] = {}
        self._places = dict(zip(self.owned, self._starts(), strict=True))

    @property
    def slots(self) -> tuple[int, ...]:
        """The number of the first shard of each part."""
        return tuple(group[0] for group in self._groups)

    def here(self, shard: int) -> slice:
        """The rows of an owned shard among those that lie here."""
        return slice(self._places[shard], self._places[shard] + self.split.size(shard))

    @property
    def batch_rows(self) -> int:
        """Rows of a batch that lie here."""
        return sum(self.split.shares[shard] for shard in self.owned)

    def block_rows(self, number: int) -> int:
        """Rows of block `number` that lie here."""
        sizes = ((self.split.size(shard), self.split.shares[shard]) for shard in self.owned)
        return sum(min(max(size - number * share, 0), share) for size, share in sizes)

    def training_parts(self, stage: str, step: int) -> list[Part]:
        """The batch of `step`, as far as it lies here. Each shard passes over its rows in a new
        order every epoch; rows that do not fill the last share of an epoch wait for the next."""
        return [self._part(group, self._next_share(stage, step)) for group in self._groups]

    def block_parts(self, number: int) -> list[Part]:
        """Block `number` of a pass over every row in order: the next share of every shard here;
        parts without rows are left out."""
        parts = [self._part(group, self._block_share(number)) for group in self._groups]
        return [part for part in parts if len(part.rows)]

    def training_streams(self, stage: str, step: int) -> list[Stream]:
        """The random numbers for each of `training_parts`."""
        groups = [(group, [self.split.shares[shard] for shard in group]) for group in self._groups]
        return [self._draws.stream(stage, step, counts, group) for group, counts in groups]

    def stream(self, stage: str, step: int, part: Part) -> Stream:
        """The random numbers for `part` at `step` of `stage`."""
        return self._draws.stream(stage, step, part.counts, part.shards)

    def common_stream(self, stage: str, rows: int) -> Stream:
        """Random numbers for `rows` rows of what all shards have in common."""
        return self._draws.stream(stage, 0, [rows])

    def _starts(self) -> list[int]:
        starts = [0]
        for shard in self.owned[:-1]:
            starts.append(starts[-1] + self.split.size(shard))
        return starts

    def _part(self, group: tuple[int, ...], share: _Share) -> Part:
        found = [share(shard) for shard in group]
        return Part(torch.cat(found), group, tuple(len(rows) for rows in found))

    def _next_share(self, stage: str, step: int) -> _Share:
        def rows(shard: int) -> Tensor:
            share = self.split.shares[shard]
            epoch, place = divmod(step, self.split.size(shard) // share)
            return self._order(stage, shard, epoch)[place * share : (place + 1) * share]

        return rows

    def _block_share(self, number: int) -> _Share:
        def rows(shard: int) -> Tensor:
            here, share = self.here(shard), self.split.shares[shard]
            first = min(here.start + number * share, here.stop)
            return torch.arange(first, min(first + share, here.stop), device=self._draws.device)

        return rows

    def _order(self, stage: str, shard: int, epoch: int) -> Tensor:
        """The shard's rows in the order of `epoch`. The latest order of each shard is cached."""
        kept = self._orders.get((stage, shard))
        if kept is None or kept[0] != epoch:
            generator = numpy_generator(self._draws.seed, stage, "order", epoch, shard)
            order = generator.permutation(self.split.size(shard)) + self._places[shard]
            kept = (epoch, torch.as_tensor(order, device=self._draws.device))
            self._orders[(stage, shard)] = kept
        return kept[1]
