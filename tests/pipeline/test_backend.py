"""One device of this machine computes what the stages keep."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from sem_ray.checkpoint import Checkpoint
from sem_ray.methods.generation import generate
from sem_ray.pipeline import Backend, OnDevice
from sem_ray.progress import Progress
from sem_ray.victims import train_victim
from tests.pipeline.counting import TEST, TRAIN
from tests.samples import tiny_spec

CPU = torch.device("cpu")


@pytest.mark.parametrize("stream", [None, True])
def test_it_gives_the_noise_and_victims_of_its_device_however_images_reach_it(
    stream: bool | None,
) -> None:
    spec, backend = tiny_spec(), OnDevice(CPU, stream)
    noise = backend.generate(spec, TRAIN).noise
    assert torch.equal(noise, generate(spec, TRAIN, device=CPU).noise)
    victim = backend.train_victim(spec, 4, TRAIN, TEST)
    assert victim.curve == train_victim(spec, 4, TRAIN, TEST, device=CPU).curve


def test_it_reports_and_keeps_checkpoints_where_it_is_told(tmp_path: Path) -> None:
    backend: Backend = OnDevice(CPU)
    seen: list[Progress] = []
    for stage in ("noise", "victim"):
        checkpoint = Checkpoint(tmp_path / stage, every=0)
        if stage == "noise":
            backend.generate(tiny_spec(), TRAIN, sink=seen.append, checkpoint=checkpoint)
        else:
            backend.train_victim(
                tiny_spec(), 0, TRAIN, TEST, sink=seen.append, checkpoint=checkpoint
            )
        checkpoint.settle()
        assert checkpoint.load()
        assert seen and seen[-1].done == seen[-1].total
