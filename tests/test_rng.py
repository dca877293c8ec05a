"""Random streams follow from the seed, a stage, a step and a shard, and from nothing else."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from sem_ray.rng import RandomStreams, derived_seed, numpy_generator

CPU = torch.device("cpu")
STREAMS = RandomStreams(7, CPU)


def test_seeds_and_draws_are_those_of_the_first_release() -> None:
    """Every noise ever made follows from these."""
    assert derived_seed(0, "noise", 3, 1) == 1944017832763747053
    assert numpy_generator(0, "noise", "order", 0, 1).permutation(5).tolist() == [1, 2, 4, 0, 3]
    assert STREAMS.stream("noise", 0, [2]).integers(100, 3).tolist() == [[5, 90, 41], [2, 95, 4]]


@given(st.integers(0, 2**40), st.text(max_size=5), st.integers(0, 10**6))
def test_seeds_are_63_bits_of_every_key(seed: int, stage: str, step: int) -> None:
    found = derived_seed(seed, stage, step)
    assert 0 <= found < 2**63
    assert (
        len({found, derived_seed(seed + 1, stage, step), derived_seed(seed, stage, step + 1)}) == 3
    )


def test_a_shard_draws_the_same_whoever_has_it() -> None:
    together = STREAMS.stream("noise", 5, [2, 3, 1]).uniform(-1, 1, 4)
    first = STREAMS.stream("noise", 5, [2], [0]).uniform(-1, 1, 4)
    others = STREAMS.stream("noise", 5, [3, 1], [1, 2]).uniform(-1, 1, 4)
    assert torch.equal(together, torch.cat([first, others]))


def test_stages_and_steps_draw_apart() -> None:
    draws = [
        STREAMS.stream(stage, step, [4]).uniform(0, 1).tolist()
        for stage, step in (("noise", 0), ("noise", 1), ("victim", 0))
    ]
    assert len({tuple(drawn) for drawn in draws}) == 3


def test_a_shard_without_rows_draws_nothing() -> None:
    assert torch.equal(
        STREAMS.stream("noise", 0, [2, 0]).uniform(0, 1, 3),
        STREAMS.stream("noise", 0, [2]).uniform(0, 1, 3),
    )


def test_ranges_and_formats() -> None:
    stream = STREAMS.stream("noise", 0, [500])
    drawn = stream.uniform(-2, 3, 2)
    assert drawn.shape == (500, 2) and drawn.dtype == torch.float32
    assert -2 <= float(drawn.min()) < -1.9 and 2.9 < float(drawn.max()) < 3
    whole = stream.integers(3)
    assert whole.dtype == torch.int64 and set(whole.tolist()) == {0, 1, 2}


def test_a_ball_is_one_draw_in_every_format() -> None:
    """J samples of an image lie side by side."""
    images = torch.zeros(6, 1, 2, 2, dtype=torch.float64)
    exact = STREAMS.stream("noise", 0, [3]).ball(images, 0.5)
    short = STREAMS.stream("noise", 0, [3]).ball(images.bfloat16(), 0.5)
    assert exact.shape == images.shape and float(exact.abs().max()) <= 0.5
    assert torch.equal(exact.bfloat16(), short)
