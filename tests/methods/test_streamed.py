"""Images that stream from a file give the noise and the victims of images on the device."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import torch

from sem_ray.checkpoint import Checkpoint, OutOfTime
from sem_ray.data import protected
from sem_ray.data.pixels.prefetch import Streamed
from sem_ray.distributed import LOCAL
from sem_ray.methods import MethodContext
from sem_ray.methods.generation import generate
from sem_ray.victims import train_victim
from tests.methods.small_runs import SMALL, small
from tests.samples import in_a_file, made_noise, random_images, tiny_spec

CPU = torch.device("cpu")


@pytest.mark.parametrize("name", SMALL)
def test_streamed_noise_is_resident_noise(name: str, tmp_path: Path) -> None:
    spec, images = small(name), random_images(13)
    noise = generate(spec, images, device=CPU).noise
    assert torch.equal(generate(spec, in_a_file(images, tmp_path), device=CPU).noise, noise)


def test_a_streamed_run_that_was_cut_off_goes_on(tmp_path: Path) -> None:
    spec, images = tiny_spec(surrogate={"steps": 6}), random_images(13)
    mapped = in_a_file(images, tmp_path)
    file = tmp_path / "kept.safetensors"
    with pytest.raises(OutOfTime):
        generate(spec, mapped, device=CPU, checkpoint=Checkpoint(file, until=time.monotonic()))
    assert file.exists()
    found = generate(spec, mapped, device=CPU, checkpoint=Checkpoint(file))
    assert torch.equal(found.noise, generate(spec, images, device=CPU).noise)


def test_images_in_memory_stream_where_they_are_told_to(monkeypatch: pytest.MonkeyPatch) -> None:
    spec, images = tiny_spec(), random_images(13)
    asked = 0
    prefetch = Streamed.prefetch

    def counted(streamed: Streamed, coming: list[torch.Tensor]) -> None:
        nonlocal asked
        asked += 1
        prefetch(streamed, coming)

    monkeypatch.setattr(Streamed, "prefetch", counted)
    noise = generate(spec, images, device=CPU, stream=True).noise
    blocks = MethodContext.of(spec, images.rows).shards.split.blocks
    assert asked == spec.surrogate.steps + blocks
    assert torch.equal(noise, generate(spec, images, device=CPU, stream=False).noise)
    assert asked == spec.surrogate.steps + blocks


@pytest.mark.parametrize("radius", [0, 4])
def test_a_victim_of_streamed_protected_images_is_that_of_resident_ones(
    radius: float, tmp_path: Path
) -> None:
    spec, images, test = tiny_spec(), random_images(13), random_images(31, seed=1)
    noise = made_noise(images, generate(spec, images, device=CPU).noise)
    (tmp_path / "test").mkdir()
    found = train_victim(
        spec,
        radius,
        protected(in_a_file(images, tmp_path), noise),
        in_a_file(test, tmp_path / "test"),
        device=CPU,
    )
    resident = train_victim(spec, radius, protected(images, noise), test, device=CPU)
    assert found.curve == resident.curve
    assert found.train_loss == resident.train_loss


def test_noise_of_streamed_images_is_kept_in_host_memory(tmp_path: Path) -> None:
    """The device holds a batch: what is kept of every image lies beside the images."""
    rows = in_a_file(random_images(13), tmp_path).rows.to(torch.device("meta"), stream=True)
    assert isinstance(rows.images, Streamed)
    assert (rows.device.type, rows.home.type) == ("meta", "cpu")
    shards = MethodContext.of(tiny_spec(), random_images(13).rows).shards
    kept = MethodContext(tiny_spec(), rows, shards, LOCAL).blank()
    assert (kept.values.device.type, kept[slice(0, 2)].device.type) == ("cpu", "meta")
