"""Noise comes back from its files as it went in, and broken files are refused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from sem_ray.data import Noise, protected, read_manifest, read_noise, write_noise
from sem_ray.errors import BadInput
from tests.data.noise.noise_samples import random_images, random_noise


@pytest.fixture
def noise() -> Noise:
    return random_noise(random_images())


@pytest.fixture
def folder(tmp_path: Path, noise: Noise) -> Path:
    write_noise(tmp_path, noise)
    return tmp_path


def test_noise_comes_back_whole(folder: Path, noise: Noise) -> None:
    again = read_noise(folder)
    assert torch.equal(again.values, noise.values)
    assert again.values.dtype == torch.int8
    assert torch.equal(again.labels, noise.labels)
    assert (again.ids, again.digests) == (noise.ids, noise.digests)
    assert again.manifest == noise.manifest.model_copy(update={"values_sha256": again.digest})
    images = random_images()
    assert protected(images, again).fingerprint == protected(images, noise).fingerprint


def test_the_files_describe_themselves(folder: Path) -> None:
    assert sorted(f.name for f in folder.iterdir()) == [
        "manifest.json",
        "noise.safetensors",
        "rows.parquet",
    ]
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["format_version"] == 1
    assert manifest["radius"] == 8
    assert manifest["order"] == (
        "noise is added to the stored image before any filter or augmentation"
    )
    rows = pq.read_table(folder / "rows.parquet")
    assert rows.column_names == ["id", "label", "digest"]


def test_every_file_can_be_read_by_others(folder: Path) -> None:
    assert all(file.stat().st_mode & 0o044 for file in folder.iterdir())


def test_values_on_another_stride_are_written_in_order(tmp_path: Path, noise: Noise) -> None:
    strided = noise.values.to(memory_format=torch.channels_last)
    write_noise(tmp_path, replace(noise, values=strided))
    assert torch.equal(read_noise(tmp_path).values, noise.values)


def test_noise_beyond_its_radius_is_never_written(tmp_path: Path, noise: Noise) -> None:
    values = noise.values.clone()
    values[0, 0, 0, 0] = -128
    with pytest.raises(BadInput, match="changes a pixel by 128/255, beyond its radius 8/255"):
        write_noise(tmp_path, replace(noise, values=values))
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_is_an_os_error(tmp_path: Path, noise: Noise) -> None:
    with pytest.raises(OSError, match=r"noise\.safetensors"):
        write_noise(tmp_path / "absent", noise)


def _values(folder: Path, **tensors: Tensor) -> None:
    save_file(tensors, folder / "noise.safetensors")


def _rows(folder: Path, change: Callable[[pa.Table], pa.Table]) -> None:
    pq.write_table(change(pq.read_table(folder / "rows.parquet")), folder / "rows.parquet")


def _manifest(folder: Path, **changes: object) -> None:
    file = folder / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def _ids(table: pa.Table, first: str | None) -> pa.Table:
    return table.set_column(0, "id", pa.array([first, *table["id"].to_pylist()[1:]]))


INT8 = torch.zeros(6, 3, 4, 5, dtype=torch.int8)
LARGE = torch.full_like(INT8, 9)


def _large_values(folder: Path) -> None:
    _manifest(folder, values_sha256=None)
    _values(folder, noise=LARGE)


FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "no manifest": (lambda f: (f / "manifest.json").unlink(), "manifest.json is missing"),
    "no rows": (lambda f: (f / "rows.parquet").unlink(), "rows.parquet is missing"),
    "no values": (lambda f: (f / "noise.safetensors").unlink(), "noise.safetensors is missing"),
    "manifest is text": (lambda f: (f / "manifest.json").write_text("hi"), "as JSON"),
    "manifest is bytes": (lambda f: (f / "manifest.json").write_bytes(b"\xff\xfe"), "as JSON"),
    "manifest too deep": (
        lambda f: (f / "manifest.json").write_text("[" * 100_000),
        "as JSON",
    ),
    "manifest is a list": (lambda f: (f / "manifest.json").write_text("[1]"), "holds a list"),
    "future version": (lambda f: _manifest(f, format_version=2), "format version 2"),
    "no version": (lambda f: _manifest(f, format_version=None), "format version None"),
    "unknown key": (lambda f: _manifest(f, rho=1), "unknown key rho"),
    "radius is text": (lambda f: _manifest(f, radius="big"), "radius"),
    "radius is NaN": (lambda f: _manifest(f, radius=float("nan")), "radius"),
    "smaller radius": (lambda f: _manifest(f, radius=4), r"by \d/255, beyond its radius 4/255"),
    "values are text": (
        lambda f: (f / "noise.safetensors").write_text("hello"),
        "as safetensors",
    ),
    "values truncated": (
        lambda f: (f / "noise.safetensors").write_bytes(
            (f / "noise.safetensors").read_bytes()[:-7]
        ),
        "as safetensors",
    ),
    "other key": (lambda f: _values(f, weights=INT8), "no tensor named noise"),
    "float values": (lambda f: _values(f, noise=INT8.float()), r"int8 \[N, C, H, W\]; .*float32"),
    "flat values": (lambda f: _values(f, noise=INT8.flatten(1)), r"it is torch\.int8 \[6, 60\]"),
    "no rows of values": (lambda f: _values(f, noise=INT8[:0]), r"\[0, 3, 4, 5\]"),
    "fewer values": (lambda f: _values(f, noise=INT8[:5].clone()), "5 rows of noise for 6 images"),
    "other values": (lambda f: _values(f, noise=INT8), "values are not those of manifest.json"),
    "large values": (
        _large_values,
        "by 9/255, beyond its radius 8/255",
    ),
    "rows are text": (lambda f: (f / "rows.parquet").write_text("x"), "as Parquet"),
    "fewer rows": (lambda f: _rows(f, lambda t: t[:5]), "6 rows of noise for 5 images"),
    "a column less": (
        lambda f: _rows(f, lambda t: t.drop_columns("digest")),
        "it has id: string, label: int64",
    ),
    "labels are text": (
        lambda f: _rows(f, lambda t: t.set_column(1, "label", t["label"].cast(pa.string()))),
        "label: string",
    ),
    "an id twice": (lambda f: _rows(f, lambda t: _ids(t, "1.png")), "one id to several rows"),
    "an id missing": (lambda f: _rows(f, lambda t: _ids(t, None)), "rows without an id"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_broken_noise_is_refused_in_one_line_that_names_it(folder: Path, fault: str) -> None:
    break_it, says = FAULTS[fault]
    break_it(folder)
    with pytest.raises(BadInput, match=says) as caught:
        read_noise(folder)
    assert re.search(re.escape(str(folder)), str(caught.value))
    assert "\n" not in str(caught.value)


def test_noise_without_a_digest_of_its_values_still_opens(folder: Path, noise: Noise) -> None:
    file = folder / "manifest.json"
    tree = json.loads(file.read_text())
    assert tree.pop("values_sha256") == noise.digest
    file.write_text(json.dumps(tree))
    assert read_noise(folder).manifest == noise.manifest


def test_a_manifest_is_read_without_the_values(folder: Path, noise: Noise) -> None:
    (folder / "noise.safetensors").write_text("not read")
    (folder / "rows.parquet").write_text("not read")
    assert read_manifest(folder).identity == noise.manifest.identity
    (folder / "rows.parquet").unlink()
    with pytest.raises(BadInput, match=r"rows\.parquet is missing"):
        read_manifest(folder)


@pytest.mark.parametrize("kind", ["absent", "file"])
def test_what_is_not_a_folder_is_named(tmp_path: Path, kind: str) -> None:
    place = tmp_path / kind
    if kind == "file":
        place.touch()
    with pytest.raises(BadInput, match=f"no noise at {re.escape(str(place))}"):
        read_noise(place)
