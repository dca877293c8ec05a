"""Grey images go through every verb and come out grey, whichever method makes the noise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from sem_ray import api
from sem_ray.data import load, protected, read_noise
from sem_ray.methods import METHODS
from sem_ray.spec import DataSpec

FEW = (
    *("noise.steps=2", "noise.samples=1", "noise.final_steps=2"),
    *("surrogate.network=small", "surrogate.steps=2", "surrogate.batch=6"),
    *("surrogate.attack_steps=1", "victim.network=small", "victim.steps=2", "victim.batch=6"),
    *("victim.attack_steps=1", "victim.radii=[0]", "shards=2"),
)


@pytest.fixture
def grey(tmp_path: Path) -> str:
    draws = np.random.default_rng(0)
    for split, count in (("train", 6), ("val", 3)):
        for kind in ("ants", "bees"):
            folder = tmp_path / "set" / split / kind
            folder.mkdir(parents=True)
            for row in range(count):
                pixels = draws.integers(0, 256, (12, 12), dtype=np.uint8)
                Image.fromarray(pixels).save(folder / f"{row}.png")
    return str(tmp_path / "set")


@pytest.mark.parametrize("method", METHODS)
def test_every_method_protects_grey_images_as_grey(grey: str, tmp_path: Path, method: str) -> None:
    store = tmp_path / "store"
    settings = (*FEW, f"noise.method={method}")
    made = api.protect(grey, tmp_path / "noise", settings=settings, store=store)
    images, noise = load(DataSpec(source=grey)).train, read_noise(made.folder)
    assert noise.values.shape == (12, 1, 12, 12)
    (row,) = api.evaluate(grey, made.folder, store=store).accuracies
    assert row.clean is not None and row.protected is not None
    np.save(tmp_path / "noise.npy", noise.values.numpy())
    again = api.import_noise(tmp_path / "noise.npy", grey, tmp_path / "again", store=store)
    assert torch.equal(read_noise(again.folder).values, noise.values)
    exported = api.export(again.folder, grey, tmp_path / "out", store=store)
    found = load(DataSpec(source=str(exported.folder))).train
    assert found.ids == images.ids
    assert torch.equal(found.images[:], protected(images, noise).images[:])
