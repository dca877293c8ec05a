"""A small set on the disk and noise for it, with whatever fault a test needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from sem_ray.data import ImageSet, Manifest, Noise, load
from sem_ray.data.noise.noise_file import write_noise
from sem_ray.spec import DataSpec
from tests.data.sources.hub_files import write_pngs

COUNT = 24


def image_set(folder: Path, name: str = "set.parquet", **options: Any) -> Path:
    """`COUNT` distinct images of cats and dogs."""
    return write_pngs(folder / name, COUNT, **options)


def images_of(file: Path) -> ImageSet:
    return load(DataSpec(source=str(file))).train


def random_noise(shape: tuple[int, ...], radius: int = 8) -> Tensor:
    generator = torch.Generator().manual_seed(5)
    return torch.randint(-radius, radius + 1, shape, dtype=torch.int8, generator=generator)


def noise_folder(
    folder: Path,
    images: ImageSet,
    change: Callable[[Noise], Noise] = lambda noise: noise,
    **manifest: Any,
) -> Path:
    """Random noise for `images` after `change`, written as it is."""
    facts: dict[str, Any] = {
        "fingerprint": images.fingerprint,
        "radius": 8,
        "method": "sem",
        "spec": {"data": {"source": "elsewhere"}},
        "identity": "0123456789abcdef0123",
        "seconds": 1.0,
        "sem_ray_version": "0",
    }
    values = random_noise(tuple(images.images.shape))
    noise = change(Noise.made_for(images, values, Manifest(**{**facts, **manifest})))
    folder.mkdir()
    # A looser radius lets faulty noise be written; the manifest is put right afterwards.
    loose = noise.manifest.model_copy(update={"radius": 127})
    faulty_ids = noise.ids
    distinct = tuple(f"row {row}" for row in range(len(noise)))
    write_noise(folder, replace(noise, manifest=loose, ids=distinct))
    _put_right(folder, noise.manifest, faulty_ids)
    return folder


def _put_right(folder: Path, manifest: Manifest, ids: tuple[str, ...]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    (folder / "manifest.json").write_text(manifest.model_dump_json())
    rows = pq.read_table(folder / "rows.parquet")
    pq.write_table(rows.set_column(0, "id", pa.array(ids, pa.string())), folder / "rows.parquet")
