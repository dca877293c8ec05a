"""One device of this machine computes what the stages keep."""

from __future__ import annotations

from pathlib import Path

import torch

from sem_ray.checkpoint import Checkpoint
from sem_ray.methods.generation import generate
from sem_ray.pipeline import OnDevice
from sem_ray.progress import Progress
from sem_ray.victims import train_victim
from tests.pipeline.counting import TEST, TRAIN
from tests.samples import tiny_spec

CPU = torch.device("cpu")


def test_it_gives_the_noise_and_victims_of_its_device_however_images_reach_it() -> None:
    spec = tiny_spec()
    noise = generate(spec, TRAIN, device=CPU).noise
    curve = train_victim(spec, 4, TRAIN, TEST, device=CPU).curve
    for backend in (OnDevice(CPU), OnDevice(CPU, stream=True)):
        assert torch.equal(backend.generate(spec, TRAIN).noise, noise)
        assert backend.train_victim(spec, 4, TRAIN, TEST).curve == curve


def test_it_reports_and_keeps_a_checkpoint_of_its_noise(tmp_path: Path) -> None:
    seen, checkpoint = list[Progress](), Checkpoint(tmp_path / "kept", every=0)
    OnDevice(CPU).generate(tiny_spec(), TRAIN, sink=seen.append, checkpoint=checkpoint)
    assert checkpoint.load()
    assert seen and seen[-1].done == seen[-1].total


def test_it_reports_and_keeps_a_checkpoint_of_its_victim(tmp_path: Path) -> None:
    seen, checkpoint = list[Progress](), Checkpoint(tmp_path / "kept", every=0)
    backend = OnDevice(CPU)
    backend.train_victim(tiny_spec(), 0, TRAIN, TEST, sink=seen.append, checkpoint=checkpoint)
    assert checkpoint.load()
    assert seen and seen[-1].done == seen[-1].total
