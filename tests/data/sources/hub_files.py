"""Parquet files in the Hugging Face image layout, with whatever fault a test needs."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from PIL import Image

IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def noise_pixels(count: int, height: int = 6, width: int = 5) -> NDArray[np.uint8]:
    """Distinct images: uint8 [count, H, W, 3]."""
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (count, height, width, 3), dtype=np.uint8)


def encoded(pixels: NDArray[Any] | Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def write(
    file: Path,
    contents: Sequence[bytes | None],
    labels: Sequence[int | None],
    *,
    paths: Sequence[str | None] | None = None,
    classes: Sequence[str] | None = ("cat", "dog"),
    label: str = "label",
    **write_options: Any,
) -> Path:
    """One file with the columns `img` and `label`; default paths are `0.png`, `1.png`, …"""
    names = [f"{row}.png" for row in range(len(contents))] if paths is None else paths
    images = [{"bytes": c, "path": n} for c, n in zip(contents, names, strict=True)]
    table = pa.table(
        {"img": pa.array(images, IMAGE), label: pa.array(list(labels), pa.int64())},
    )
    if classes is not None:
        table = table.replace_schema_metadata({"huggingface": description(classes, label)})
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, file, **write_options)
    return file


def write_pngs(file: Path, count: int = 8, *, first: int = 0, **options: Any) -> Path:
    """`count` distinct images, labels alternating; `first` skips that many of the pixels."""
    contents = [encoded(pixels) for pixels in noise_pixels(first + count)[first:]]
    options.setdefault("labels", [row % 2 for row in range(count)])
    return write(file, contents, **options)


def description(classes: Sequence[str], label: str = "label") -> str:
    features = {
        "img": {"_type": "Image"},
        label: {"_type": "ClassLabel", "names": list(classes)},
    }
    return json.dumps({"info": {"features": features}})
