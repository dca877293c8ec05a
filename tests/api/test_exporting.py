"""What `export` says and what a killed one leaves."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from sem_ray.api import export
from sem_ray.data import load
from sem_ray.spec import DataSpec
from tests.api.noise_folders import COUNT, image_set, images_of, noise_folder

KILLED = """
import os, signal, sys
from sem_ray.api import export
noise, data, out = sys.argv[1:]
export(noise, data, out, form="imagefolder", sink=lambda _: os.kill(os.getpid(), signal.SIGKILL))
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return image_set(tmp_path)


@pytest.fixture
def noise(tmp_path: Path, data: Path) -> Path:
    return noise_folder(tmp_path / "noise", images_of(data))


def test_what_a_killed_export_left_is_gone_after_the_next(
    tmp_path: Path, data: Path, noise: Path
) -> None:
    out = tmp_path / "to" / "OUT"
    done = subprocess.run([sys.executable, "-c", KILLED, noise, data, out], check=False)
    assert done.returncode == -signal.SIGKILL
    (left,) = out.parent.iterdir()
    assert left.name.startswith(".OUT") and any(left.rglob("*.png"))
    assert export(noise, str(data), out).images == COUNT
    assert list(out.parent.iterdir()) == [out]


def test_ids_that_lead_out_of_a_folder_are_written_otherwise_and_said(tmp_path: Path) -> None:
    paths = [f"../../{row}.png" for row in range(COUNT)]
    data = image_set(tmp_path, "odd.parquet", paths=paths)
    noise = noise_folder(tmp_path / "noise", images_of(data))
    result = export(noise, str(data), tmp_path / "out")
    (notice,) = result.notices
    assert notice.startswith(f"{COUNT} ids lead out of a folder or cannot be printed")
    assert load(DataSpec(source=str(tmp_path / "out"))).train.ids[0] == "_/_/0.png"
    table = pq.read_table(tmp_path / "out" / "train-00000-of-00001.parquet")
    assert not any(".." in cell["path"] for cell in table["image"].to_pylist())
