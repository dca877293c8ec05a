"""A run that was cut off goes on to the same bits."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import torch

from sem_ray.checkpoint import Checkpoint, OutOfTime
from sem_ray.errors import WorkFailed
from sem_ray.generation import generate
from sem_ray.victims import train_victim
from tests.samples import random_images, tiny_spec

CPU = torch.device("cpu")


def out_of_time(file: Path) -> Checkpoint:
    """Lets a run do one step."""
    return Checkpoint(file, until=time.monotonic())


@pytest.mark.parametrize("precision", ["bfloat16", "float32", "float64"])
def test_generation_in_single_steps_equals_one_in_one_go(tmp_path: Path, precision: str) -> None:
    spec, images = tiny_spec(precision=precision), random_images(13)
    whole = generate(spec, images, device=CPU)
    sittings = 0
    while True:
        sittings += 1
        try:
            parts = generate(spec, images, device=CPU, checkpoint=out_of_time(tmp_path / "c"))
        except OutOfTime:
            continue
        break
    assert sittings > 6
    assert torch.equal(parts.noise, whole.noise)
    assert parts.loss == whole.loss


@pytest.mark.parametrize("radius", [0, 4])
def test_a_victim_in_single_steps_equals_one_in_one_go(tmp_path: Path, radius: float) -> None:
    spec, images = tiny_spec(), random_images(13)
    whole = train_victim(spec, radius, images, images, device=CPU)
    while True:
        try:
            checkpoint = out_of_time(tmp_path / "c")
            parts = train_victim(spec, radius, images, images, device=CPU, checkpoint=checkpoint)
        except OutOfTime:
            continue
        break
    assert (parts.curve, parts.train_loss) == (whole.curve, whole.train_loss)


def test_time_of_earlier_sittings_counts(tmp_path: Path) -> None:
    spec, images, file = tiny_spec(), random_images(13), tmp_path / "c"
    with pytest.raises(OutOfTime):
        generate(spec, images, device=CPU, checkpoint=out_of_time(file))
    tensors, facts = Checkpoint(file).load() or ({}, {})
    Checkpoint(file).save(tensors, {**facts, "seconds": 1000.0})
    assert generate(spec, images, device=CPU, checkpoint=Checkpoint(file)).seconds > 1000


def test_a_damaged_checkpoint_is_said_and_not_used(tmp_path: Path) -> None:
    file = tmp_path / "c"
    with pytest.raises(OutOfTime):
        generate(tiny_spec(), random_images(13), device=CPU, checkpoint=out_of_time(file))
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(WorkFailed, match="is damaged; remove it"):
        generate(tiny_spec(), random_images(13), device=CPU, checkpoint=Checkpoint(file))


def test_saving_leaves_nothing_beside_the_file_and_replaces_it_whole(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "c")
    for number in range(3):
        checkpoint.save({"x": torch.full((2,), float(number))}, {"n": number})
    assert [file.name for file in tmp_path.iterdir()] == ["c"]
    tensors, facts = checkpoint.load() or ({}, {})
    assert tensors["x"].tolist() == [2.0, 2.0]
    assert facts == {"n": 2}
    checkpoint.remove()
    assert checkpoint.load() is None
