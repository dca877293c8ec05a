"""Grey images through every verb, with noise of every method."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from sem_ray import evaluate, export, import_noise, protect, verify
from sem_ray.data import load, protected, read_noise
from sem_ray.methods import METHODS
from sem_ray.spec import DataSpec
from tests.data.sources.hub_files import encoded
from tests.evaluation.objects import object_pixels

TINY: dict[str, Any] = {
    "noise": {
        "steps": 1,
        "samples": 1,
        "final_steps": 1,
        "em": {"steps": 1, "loops": 1, "train_steps": 1},
        "tap": {"epochs": 1, "steps": 1, "restarts": 1},
        "ntga": {"steps": 1},
    },
    "surrogate": {"steps": 1, "batch": 8, "attack_steps": 1},
    "victim": {"steps": 1, "batch": 8, "radii": [0]},
    "shards": 1,
}


@pytest.fixture(scope="module")
def grey_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder a class."""
    folder = tmp_path_factory.mktemp("grey")
    for split, count in (("train", 16), ("val", 8)):
        for row, pixels in enumerate(object_pixels(count)):
            file = folder / split / ("cup", "duck")[row % 2] / f"{row}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(encoded(pixels))
    return folder


@pytest.mark.parametrize("method", METHODS)
def test_noise_of_every_method_goes_through_every_verb_and_stays_grey(
    grey_set: Path, tmp_path: Path, method: str
) -> None:
    data, store = str(grey_set), tmp_path / "store"
    settings = {**TINY, "noise": {**TINY["noise"], "method": method}}
    made = protect(data, tmp_path / "noise", settings=settings, store=store)
    assert made.check and made.facts.channels == 1
    images, noise = load(DataSpec(source=data)).train, read_noise(made.folder)
    assert noise.values.shape == (16, 1, 16, 16)
    (row,) = evaluate(data, made.folder, store=store).accuracies
    assert row.clean is not None and row.protected is not None
    found = verify(made.folder, data, store=store)
    assert {check.name for check in found.checks} >= {"noise left by JPEG 10"}
    exported = export(made.folder, data, tmp_path / "out", store=store)
    written = load(DataSpec(source=str(exported.folder))).train
    assert written.ids == images.ids
    assert torch.equal(written.images[:], protected(images, noise).images[:])
    np.save(tmp_path / "theirs.npy", noise.values.numpy())
    again = import_noise(tmp_path / "theirs.npy", data, tmp_path / "again", store=store)
    assert torch.equal(read_noise(again.folder).values, noise.values)
