"""However many members share a run, and however unevenly, it gives the same bits."""

from __future__ import annotations

import gc
import time
import weakref
from collections.abc import Callable
from typing import Any

import pytest
import torch

from sem_ray.data.image_set import ImageSet
from sem_ray.distributed import Communicator
from sem_ray.methods import split_of
from sem_ray.methods.generation import Generated, Generation, generate
from sem_ray.progress import silent
from sem_ray.spec import ExperimentSpec
from sem_ray.training.run_loop import Finished, run_schedule
from sem_ray.victims import Training, Victim, VictimSteps, train_victim
from sem_ray.victims import split_of as victim_split_of
from tests.distributed.workers import one_by_one, together
from tests.methods.sharing import CPU, SHARING, own_rows, shared_noise
from tests.samples import random_images, tiny_spec


@pytest.mark.parametrize("precision", ["float64", "float32", "bfloat16"])
def test_noise_does_not_depend_on_who_holds_which_shard(precision: str) -> None:
    spec = tiny_spec(precision=precision, shards=4, surrogate={"steps": 12, "batch": 10})
    same_however_shared(spec, random_images(23), SHARING)


@pytest.mark.parametrize(
    "network", ["mobilenet_v3_small", pytest.param("efficientnet_b0", marks=pytest.mark.long)]
)
def test_nor_where_the_surrogate_drops_values(network: str) -> None:
    """Dropout, and stochastic depth."""
    surrogate = {"network": f"torchvision:{network}", "steps": 3, "batch": 10, "radius": 0}
    noise = {"steps": 1, "samples": 1, "final_steps": 1}
    spec = tiny_spec(precision="float32", shards=4, surrogate=surrogate, noise=noise)
    same_however_shared(spec, random_images(23, size=32), SHARING[1::3])


def same_however_shared(
    spec: ExperimentSpec, images: ImageSet, sharings: list[list[tuple[int, ...]]]
) -> None:
    executor = Generation(spec, images.rows)
    alone = run_schedule(executor.schedule, executor, sink=silent)
    for sharing in sharings:
        state = shared_noise(spec, images, sharing)
        noise = Generated.of(Finished(state, 0.0, 0.0)).noise
        assert torch.equal(noise, Generated.of(alone).noise), sharing
        for name, tensor in alone.state.shared.items():
            assert torch.equal(state.shared[name], tensor), (sharing, name)


@pytest.mark.parametrize("radius", [0, 4])
@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_a_victim_does_not_depend_on_who_holds_which_shard(precision: str, radius: float) -> None:
    spec = tiny_spec(precision=precision, shards=4, victim={"steps": 6, "batch": 10})
    train, test = random_images(23), random_images(31, seed=1)
    alone = train_victim(spec, radius, train, test, device=CPU)
    split = victim_split_of(spec, len(train))

    def act(sharing: list[tuple[int, ...]]) -> Callable[[Communicator], Victim]:
        def train_shards(communicator: Communicator) -> Victim:
            owned = sharing[communicator.rank]
            rows = own_rows(train, split, owned)
            steps = one_by_one(
                communicator, lambda: VictimSteps(spec, radius, rows, split, owned, communicator)
            )
            executor = Training(steps, test.rows, communicator)
            return Victim.of(radius, run_schedule(executor.schedule, executor, sink=silent))

        return train_shards

    for sharing in SHARING:
        for victim in together(len(sharing), act(sharing)):
            assert victim.curve == alone.curve, sharing


def test_a_batch_is_normalised_as_a_whole() -> None:
    """Parts that were normalised by themselves would be another network."""
    images = random_images(24)
    joint = generate(tiny_spec(shards=4, surrogate={"batch": 12}), images, device=CPU)
    whole = generate(tiny_spec(shards=1, surrogate={"batch": 12}), images, device=CPU)
    assert joint.loss == pytest.approx(whole.loss, rel=0.3)


def test_a_member_that_joins_again_keeps_nothing_of_the_last_time() -> None:
    """Actors stay from one run to the next, and join again after every loss."""

    def act(communicator: Communicator) -> bool:
        spec, images = tiny_spec(shards=4), random_images(23)
        split = split_of(spec, len(images))
        owned = SHARING[1][communicator.rank]
        rows = own_rows(images, split, owned)
        executor = one_by_one(
            communicator, lambda: Generation(spec, rows, split, owned, communicator)
        )
        executor.advance(1)
        method_run: Any = executor.method_run
        network = weakref.ref(method_run.surrogate.network)
        del executor, method_run
        for _ in range(40):  # a collection that meets another thread's does nothing
            gc.collect()
            if network() is None:
                return True
            time.sleep(0.05)
        return False

    assert together(2, act) == [True, True]
