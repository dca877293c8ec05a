"""Image sets as files for other programs, pixel by pixel as they are.

PNG only: it is lossless, and JPEG would change the noise of protected images.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq
from torch import Tensor

from sem_ray.data.decode.batch import THREADS_FROM
from sem_ray.data.image_set import ImageSet
from sem_ray.data.safe_names import Names, class_folders, stem
from sem_ray.progress import Progress, ProgressSink

Format = Literal["parquet", "imagefolder"]
BATCH = 256
"""Images encoded at a time, and rows of a Parquet row group."""
TABLE = "train-00000-of-00001.parquet"
LIST = "rows.csv"
SCHEMA = pa.schema(
    [
        ("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
        ("label", pa.int64()),
    ]
)


def write_images(folder: Path, images: ImageSet, form: Format, sink: ProgressSink) -> None:
    """Write `images` into `folder`, which exists; making that atomic is the caller's part.

    parquet: one file in the Hugging Face image layout, whose paths are the ids. imagefolder: a
    folder a class with PNG files, and `rows.csv` with file, id, label and class of every image in
    the set's order.
    """
    WRITERS[form](folder, images, _encoded(images, sink))


def _write_parquet(folder: Path, images: ImageSet, batches: Iterator[list[bytes]]) -> None:
    schema = SCHEMA.with_metadata({"huggingface": _features(images.classes)})
    labels, first = images.labels.tolist(), 0
    with pq.ParquetWriter(folder / TABLE, schema, compression="none") as writer:
        for contents in batches:
            rows = slice(first, first + len(contents))
            cells = [
                {"bytes": content, "path": name}
                for content, name in zip(contents, images.ids[rows], strict=True)
            ]
            writer.write_table(pa.table([cells, labels[rows]], schema=schema))
            first += len(contents)


def _features(classes: tuple[str, ...]) -> str:
    """What the Hub's readers want to know of the columns."""
    label = {"_type": "ClassLabel", "names": list(classes)}
    return json.dumps({"info": {"features": {"image": {"_type": "Image"}, "label": label}}})


def _write_folders(folder: Path, images: ImageSet, batches: Iterator[list[bytes]]) -> None:
    folders = class_folders(images.classes)
    # Classes without images keep their folder, or readers would number the others anew.
    for name in folders:
        (folder / name).mkdir()
    taken = [Names() for _ in folders]
    contents = (content for batch in batches for content in batch)
    rows = zip(images.ids, images.labels.tolist(), contents, strict=True)
    with (folder / LIST).open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(("file", "id", "label", "class"))
        for name, label, content in rows:
            file = f"{folders[label]}/{taken[label].unique(stem(name))}.png"
            (folder / file).write_bytes(content)
            table.writerow((file, name, label, images.classes[label]))


def _encoded(images: ImageSet, sink: ProgressSink) -> Iterator[list[bytes]]:
    """The PNG files of all images, in their order."""
    _, height, width = images.shape
    threads = os.cpu_count() if height * width >= THREADS_FROM else 1
    with ThreadPoolExecutor(threads) as pool:
        for start in range(0, len(images), BATCH):
            batch = list(pool.map(png, images.images[start : start + BATCH].cpu()))
            yield batch
            sink(Progress("export", start + len(batch), len(images), "images"))


def png(image: Tensor) -> bytes:
    """The PNG file of one image, uint8 [3, H, W], or [1, H, W], which becomes RGB as well."""
    from PIL import Image

    pixels = image.expand(3, -1, -1).permute(1, 2, 0).contiguous().numpy()
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


WRITERS: dict[Format, Callable[[Path, ImageSet, Iterator[list[bytes]]], None]] = {
    "parquet": _write_parquet,
    "imagefolder": _write_folders,
}
