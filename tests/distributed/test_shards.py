"""Batches depend on the spec alone, and every row gets its turn."""

from __future__ import annotations

from itertools import chain

import torch
from hypothesis import given
from hypothesis import strategies as st

from sem_ray.distributed.shards import Part, Shards, Split
from sem_ray.rng import RandomStreams

sizes = st.integers(1, 60)


def shards(rows: int, batch: int, count: int, seed: int = 0) -> Shards:
    """All shards, folded."""
    return Shards(Split(rows, batch, count), RandomStreams(seed, torch.device("cpu")), folded=True)


def batch_of(split: Shards, stage: str, step: int) -> Part:
    (part,) = split.training_parts(stage, step)
    return part


@given(rows=sizes, batch=sizes, count=st.integers(1, 12))
def test_blocks_cover_every_row_once(rows: int, batch: int, count: int) -> None:
    split = shards(rows, batch, count)
    blocks = [split.block_parts(number) for number in range(split.split.blocks)]
    seen = torch.cat([part.rows for parts in blocks for part in parts])
    assert sorted(seen.tolist()) == list(range(rows))


@given(rows=sizes, batch=sizes, count=st.integers(1, 12), step=st.integers(0, 50))
def test_a_batch_holds_distinct_rows_of_every_shard(
    rows: int, batch: int, count: int, step: int
) -> None:
    split = shards(rows, batch, count)
    found = batch_of(split, "s", step)
    assert len(found.counts) == split.split.count
    assert min(found.counts) >= 1
    assert sum(found.counts) == len(found.rows) == min(rows, batch)
    assert len(set(found.rows.tolist())) == len(found.rows)
    first = 0
    for shard, share in enumerate(found.counts):
        part = found.rows[first : first + share]
        assert (part >= split.split.bounds[shard]).all()
        assert (part < split.split.bounds[shard + 1]).all()
        first += share


def test_an_epoch_passes_over_every_row_once_and_the_next_in_another_order() -> None:
    split = shards(24, 8, 4)
    first = [batch_of(split, "s", step).rows.tolist() for step in range(3)]
    second = [batch_of(split, "s", step).rows.tolist() for step in range(3, 6)]
    assert sorted(chain(*first)) == sorted(chain(*second)) == list(range(24))
    assert first != second


def test_any_step_can_be_asked_for_first_as_a_resumed_run_does() -> None:
    run = shards(50, 16, 4)
    batches = [batch_of(run, "s", step).rows for step in range(20)]
    assert torch.equal(batch_of(shards(50, 16, 4), "s", 17).rows, batches[17])


def test_full_batches_where_rows_suffice() -> None:
    assert len(batch_of(shards(100, 30, 8), "s", 0).rows) == 30


def test_stages_and_seeds_have_orders_of_their_own() -> None:
    orders = {
        tuple(batch_of(shards(50, 16, 2, seed), stage, 0).rows.tolist())
        for stage in ("generation", "victim")
        for seed in (0, 1)
    }
    assert len(orders) == 4


def test_a_shards_numbers_do_not_depend_on_the_other_shards() -> None:
    """A shard that moves to another device takes its draws along."""
    draws = RandomStreams(3, torch.device("cpu"))
    whole = draws.stream("noise", 7, (2, 3, 1)).uniform(-1, 1, 4)
    alone = draws.stream("noise", 7, (3,), (1,)).uniform(-1, 1, 4)
    assert torch.equal(whole[2:5], alone)


@given(rows=sizes, batch=sizes, count=st.integers(1, 12))
def test_a_batchs_numbers_are_the_same_folded_and_shard_by_shard(
    rows: int, batch: int, count: int
) -> None:
    split, draws = Split(rows, batch, count), RandomStreams(3, torch.device("cpu"))
    (folded,) = Shards(split, draws, folded=True).training_streams("layer", 7)
    apart = Shards(split, draws).training_streams("layer", 7)
    assert [stream.rows for stream in apart] == list(split.shares)
    drawn = torch.cat([stream.uniform(0, 1, 3) for stream in apart])
    assert torch.equal(folded.uniform(0, 1, 3), drawn)


def test_a_shard_without_rows_this_time_draws_nothing() -> None:
    stream = RandomStreams(0, torch.device("cpu")).stream("final", 9, (0, 2))
    assert stream.rows == 2
    assert stream.integers(5, 3).shape == (2, 3)


def test_uniform_draws_fill_their_range() -> None:
    drawn = RandomStreams(0, torch.device("cpu")).stream("noise", 0, (1000,)).uniform(-2, 3, 10)
    assert drawn.min() >= -2
    assert drawn.max() < 3
    assert abs(drawn.mean() - 0.5) < 0.05
