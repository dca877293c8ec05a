"""A run that was cut off goes on to the same bits."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from sem_ray.checkpoint import Checkpoint, OutOfTime
from sem_ray.errors import WorkFailed
from sem_ray.methods.generation import generate
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
    with pytest.raises(WorkFailed, match="is damaged: it cannot be read; remove it"):
        generate(tiny_spec(), random_images(13), device=CPU, checkpoint=Checkpoint(file))


def flipped(file: Path, place: int) -> None:
    """One bit of the file is another."""
    content = bytearray(file.read_bytes())
    content[place] ^= 1
    file.write_bytes(content)


def truncated(file: Path, place: int) -> None:
    file.write_bytes(file.read_bytes()[:place])


@pytest.mark.parametrize("damage", [flipped, truncated])
@pytest.mark.parametrize("place", [0, 9, 40, 300, -1, -400])
def test_a_damaged_checkpoint_gives_way_to_the_one_before_it(
    tmp_path: Path, damage: Callable[[Path, int], None], place: int
) -> None:
    said: list[str] = []
    checkpoint = Checkpoint(tmp_path / "c", on_trouble=said.append)
    for number in (1, 2):
        checkpoint.save({"x": torch.full((100,), float(number))}, {"n": number})
    damage(tmp_path / "c", place)
    tensors, facts = checkpoint.load() or ({}, {})
    assert facts == {"n": 1} and set(tensors["x"].tolist()) == {1.0}
    (line,) = said
    checkpoint.save({"x": torch.zeros(2)}, {"n": 3})
    (tmp_path / "c").unlink()  # killed between two renames
    assert (checkpoint.load() or ({}, {}))[1] == {"n": 1}, "the damaged one took its place"
    assert line.startswith(f"the checkpoint {tmp_path / 'c'} is damaged")
    assert line.endswith("; going on from the one before it")


def test_a_run_goes_on_from_the_checkpoint_before_a_damaged_one(tmp_path: Path) -> None:
    spec, images, file = tiny_spec(), random_images(13), tmp_path / "c"
    for _ in range(3):
        with pytest.raises(OutOfTime):
            generate(spec, images, device=CPU, checkpoint=out_of_time(file))
    flipped(file, -1)
    made = generate(spec, images, device=CPU, checkpoint=Checkpoint(file))
    assert torch.equal(made.noise, generate(spec, images, device=CPU).noise)


def test_a_store_that_fails_is_tried_again_then_said_and_the_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[Path] = []

    def full(file: Path, tensors: object, facts: object) -> None:
        tries.append(file)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sem_ray.checkpoint.write", full)
    monkeypatch.setattr("sem_ray.checkpoint.PAUSE", 0.01)
    said: list[str] = []
    checkpoint = Checkpoint(tmp_path / "c", every=0.0, on_trouble=said.append)
    made = generate(tiny_spec(), random_images(13), device=CPU, checkpoint=checkpoint)
    checkpoint.remove()
    assert torch.equal(made.noise, generate(tiny_spec(), random_images(13), device=CPU).noise)
    assert len(tries) == 3 * len(said) > 0
    assert "No space left on device; the run goes on without it" in said[0]


def test_a_passing_failure_of_the_store_is_not_worth_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sem_ray.checkpoint import write

    failures = [OSError(5, "Input/output error")]

    def flaky(file: Path, tensors: dict[str, torch.Tensor], facts: dict[str, int]) -> None:
        if failures:
            raise failures.pop()
        write(file, tensors, facts)

    monkeypatch.setattr("sem_ray.checkpoint.write", flaky)
    monkeypatch.setattr("sem_ray.checkpoint.PAUSE", 0.01)
    said: list[str] = []
    checkpoint = Checkpoint(tmp_path / "c", on_trouble=said.append)
    checkpoint.save_aside({"x": torch.ones(2)}, {"n": 1})
    assert (checkpoint.load() or ({}, {}))[1] == {"n": 1}
    assert said == [] and failures == []


def test_saving_leaves_nothing_beside_the_file_and_replaces_it_whole(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "c")
    for number in range(3):
        checkpoint.save({"x": torch.full((2,), float(number))}, {"n": number})
    assert {file.name for file in tmp_path.iterdir()} == {"c", "c.before"}
    tensors, facts = checkpoint.load() or ({}, {})
    assert tensors["x"].tolist() == [2.0, 2.0]
    assert facts == {"n": 2}
    checkpoint.remove()
    assert checkpoint.load() is None
