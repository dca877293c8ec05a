"""Published noise whose rows lie in another order, or that was made for resized images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from sem_ray.api import evaluate, export, import_noise, verify
from sem_ray.data import load, read_noise
from sem_ray.errors import BadInput
from sem_ray.spec import DataSpec
from tests.data.sources.hub_files import write_pngs

COUNT = 48


def published(size: tuple[int, int] = (6, 5)) -> NDArray[np.int8]:
    """int8 [N, 3, H, W] with a pattern a class, whose labels alternate."""
    draws = np.random.default_rng(0)
    patterns = draws.choice([-6, 6], (2, 3, *size))[np.arange(COUNT) % 2]
    return (patterns + draws.integers(-2, 3, patterns.shape)).astype(np.int8)


@pytest.fixture
def data(tmp_path: Path) -> str:
    write_pngs(tmp_path / "set" / "test.parquet", 8, first=COUNT)
    return str(write_pngs(tmp_path / "set" / "train.parquet", COUNT).parent)


def test_another_order_is_noticed_and_can_be_given(tmp_path: Path, data: str) -> None:
    noise, order = published(), np.random.default_rng(1).permutation(COUNT)
    np.save(tmp_path / "right.npy", noise)
    np.save(tmp_path / "shuffled.npy", noise[order])
    assert import_noise(tmp_path / "right.npy", data, tmp_path / "right").notices == ()
    (notice,) = import_noise(tmp_path / "shuffled.npy", data, tmp_path / "wrong").notices
    assert "probably lie in another order" in notice and "--order" in notice
    ids = load(DataSpec(source=data)).train.ids
    (tmp_path / "order.txt").write_text("\n".join(ids[row] for row in order))
    mended = import_noise(
        tmp_path / "shuffled.npy", data, tmp_path / "mended", order=tmp_path / "order.txt"
    )
    assert mended.notices == ()
    assert torch.equal(read_noise(mended.folder).values, torch.from_numpy(noise))
    assert mended.identity == read_noise(tmp_path / "right").manifest.identity


def test_noise_for_resized_images_goes_through_every_verb(tmp_path: Path, data: str) -> None:
    np.save(tmp_path / "large.npy", published((16, 16)))
    with pytest.raises(BadInput, match=r"or resize them with --set data\.resize=16"):
        import_noise(tmp_path / "large.npy", data, tmp_path / "n")
    made = import_noise(tmp_path / "large.npy", data, tmp_path / "n", settings=["data.resize=16"])
    (notice,) = made.notices
    assert "brought to 16×16" in notice
    assert verify(made.folder, data).ok
    exported = export(made.folder, data, tmp_path / "out")
    assert exported.notices == made.notices
    assert load(DataSpec(source=str(exported.folder))).train.shape == (3, 16, 16)
    few = ["victim.steps=2", "victim.radii=[0]", "victim.batch=8"]
    found = evaluate(data, made.folder, settings=few, store=tmp_path / "store")
    assert (found.spec.data.resize, found.spec.victim.network) == (16, "small"), "else the preset's"
    assert found.spec.noise.radius == read_noise(made.folder).manifest.radius


@pytest.mark.parametrize("setting", ["noise.radius=8", "data.source=digits", "data=3"])
def test_other_settings_are_refused(tmp_path: Path, data: str, setting: str) -> None:
    np.save(tmp_path / "noise.npy", published())
    with pytest.raises(BadInput, match="import takes settings of how the images are read"):
        import_noise(tmp_path / "noise.npy", data, tmp_path / "n", settings=[setting])
    assert not (tmp_path / "n").exists()
