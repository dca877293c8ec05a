"""Sets that are too large for memory, through every verb."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from sem_ray.data import read_noise
from tests.data.sources.hub_files import encoded, noise_pixels, write
from tests.system.conftest import Command
from tests.system.program import settings


@pytest.fixture
def data(here: Path) -> Path:
    pixels = noise_pixels(70, 12, 12)
    for split, part in (("train", pixels[:40]), ("test", pixels[40:])):
        labels = [row % 2 for row in range(len(part))]
        write(here / f"data/{split}.parquet", [encoded(image) for image in part], labels)
    return here / "data"


def test_streaming_changes_where_images_lie_and_no_result(
    data: Path, here: Path, store: Path, command: Command
) -> None:
    kinds = {"resident": "--no-stream", "streamed": "--stream"}
    made, tested = {}, {}
    for kind, option in kinds.items():
        where = ("--store", here / kind)
        words = (option, *settings(), *where, "--json")
        made[kind] = command("protect", data, "--out", f"noise-{kind}", *words)
        assert made[kind].code == 0, made[kind].err
        tested[kind] = command(
            "evaluate", data, "--noise", f"noise-{kind}", "--radius", 2, option, *where, "--json"
        )
        assert tested[kind].code == 0, tested[kind].err
    one, other = (read_noise(here / f"noise-{kind}") for kind in kinds)
    assert torch.equal(one.values, other.values)
    assert (one.name, one.ids, one.digests) == (other.name, other.ids, other.digests)
    curves = [
        [row[side]["curve"] for row in ran.json()["accuracies"] for side in ("clean", "protected")]
        for ran in tested.values()
    ]
    assert curves[0] == curves[1]
    assert len(list((here / "streamed/pixels").glob("*.arrow"))) == 2
    assert not (here / "resident/pixels").exists() and not store.exists()


def test_verify_and_export_take_what_the_store_has_decoded(
    data: Path, here: Path, store: Path, command: Command
) -> None:
    assert command("protect", data, "--out", "noise", "--stream", *settings()).code == 0
    kept = store / "pixels"
    assert len(list(kept.glob("*.arrow"))) == 2
    exports = []
    for place in (kept, here / "elsewhere"):
        assert command("verify", "noise", data).code in (0, 1)
        assert command("export", "noise", data, "--out", f"out-{place.name}").code == 0
        exports.append((here / f"out-{place.name}/train-00000-of-00001.parquet").read_bytes())
        if kept.exists():
            kept.rename(here / "elsewhere")
    assert exports[0] == exports[1]
