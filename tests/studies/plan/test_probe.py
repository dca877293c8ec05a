"""What is measured in seconds tells how long whole stages take."""

from __future__ import annotations

import time

import pytest
import torch

from sem_ray.data.sources.extent import Extent
from sem_ray.methods import METHODS
from sem_ray.methods.generation import generate
from sem_ray.pipeline.pass_counts import generation_passes
from sem_ray.studies.plan.probe import seconds_a_pass
from sem_ray.studies.plan.work import kinds, work_of
from tests.samples import random_images, tiny_spec

CPU = torch.device("cpu")


@pytest.mark.parametrize("method", [name for name in METHODS if name != "shortcut"])
def test_every_method_and_its_victims_are_measured_in_seconds(method: str) -> None:
    spec = tiny_spec(noise={"method": method, "ntga": {"block": 8}}, precision="float32")
    work = work_of([spec], lambda _: Extent(40, (3, 16, 16), 10))
    start = time.monotonic()
    for stage in kinds(work.stages).values():
        assert 0 < seconds_a_pass(stage, CPU, 1) < 1
    assert time.monotonic() - start < 30


def test_a_generation_takes_about_as_long_as_the_probe_says() -> None:
    train = random_images(64, size=16)
    spec = tiny_spec(surrogate={"steps": 10, "batch": 32}, precision="float32", shards=1)
    work = work_of([spec], lambda _: Extent(len(train), train.shape, len(train.classes)))
    (stage,) = (one for one in work.stages if one.part == "surrogate")
    rate = seconds_a_pass(stage, CPU, 1)
    taken = generate(spec, train, device=CPU).seconds
    passes = len(train) * generation_passes(spec, len(train)).total
    assert taken / 10 < rate * passes < 10 * taken, "not even the order of magnitude"


def test_threads_are_as_before() -> None:
    before = torch.get_num_threads()
    spec = tiny_spec(precision="float32")
    work = work_of([spec], lambda _: Extent(20, (3, 16, 16), 10))
    seconds_a_pass(work.stages[0], CPU, 2)
    assert torch.get_num_threads() == before
