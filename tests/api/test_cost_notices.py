"""What costs time is said before it is spent."""

from __future__ import annotations

import pytest
import torch

from sem_ray.api.cost_notices import generation_costs, precision_notices, victim_costs
from sem_ray.api.run_options import Actors
from tests.samples import tiny_spec

CPU, GPU = torch.device("cpu"), torch.device("cuda", 0)


@pytest.fixture
def without_bfloat16(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: {"avx2": True})


@pytest.mark.usefixtures("without_bfloat16")
def test_bfloat16_on_a_processor_without_arithmetic_for_it_is_said() -> None:
    (said,) = precision_notices(tiny_spec(precision="bfloat16"), CPU)
    assert said.startswith("precision bfloat16: this processor has no arithmetic for it")
    assert said.endswith("set precision=float32, or auto")
    assert precision_notices(tiny_spec(precision="float32"), CPU) == ()


@pytest.mark.usefixtures("without_bfloat16")
def test_auto_says_what_it_is() -> None:
    assert precision_notices(tiny_spec(precision="auto"), CPU) == (
        "precision auto is float32 on this machine",
    )


def shards(count: int, batch: int, **changes: object) -> tuple[str, ...]:
    wanted = tiny_spec(shards=count, surrogate={"batch": batch}, **changes)
    return generation_costs(wanted, 1000, CPU, None)


def test_a_batch_in_small_parts_is_said_with_a_better_number() -> None:
    (said,) = shards(8, 16)
    assert said.startswith(
        "a batch of 16 images for the surrogate in 8 shards is computed in parts of 2"
    )
    assert "shards=1 takes less" in said
    assert "shards=2 takes less" in shards(8, 33)[0]


def test_parts_of_a_good_size_cost_nothing_and_nothing_is_said() -> None:
    assert shards(8, 128) == shards(1, 2) == shards(4, 64) == ()


def test_a_set_smaller_than_the_batch_is_the_batch() -> None:
    wanted = tiny_spec(shards=40, surrogate={"batch": 128})
    assert (
        "a batch of 12 images for the surrogate in 12 shards"
        in generation_costs(wanted, 12, CPU, None)[0]
    )


def test_victims_have_batches_of_their_own() -> None:
    wanted = tiny_spec(shards=8, victim={"batch": 16})
    assert "16 images for the victim in 8 shards" in victim_costs(wanted, 1000, CPU, None)[0]


def test_actors_need_a_shard_each() -> None:
    wanted = tiny_spec(shards=8, surrogate={"batch": 16})
    assert "shards=4 takes less" in generation_costs(wanted, 1000, CPU, Actors(4))[0]
    assert generation_costs(wanted, 1000, CPU, Actors(8)) == ()


def test_a_gpu_folds_its_shards_and_shortcut_trains_nothing() -> None:
    wanted = tiny_spec(shards=8, surrogate={"batch": 16}, precision="float32")
    assert generation_costs(wanted, 1000, GPU, None) == ()
    assert shards(8, 16, noise={"method": "shortcut"}) == ()
