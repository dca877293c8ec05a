"""Image sets as files for other programs, pixel by pixel as they are.

PNG only: it is lossless, and JPEG would change the noise of protected images.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq
from torch import Tensor

from sem_ray.data.decode.batch import THREADS_FROM
from sem_ray.data.image_set import ImageSet
from sem_ray.errors import UNPRINTABLE
from sem_ray.progress import Progress, ProgressSink

Format = Literal["parquet", "imagefolder"]
BATCH = 256
"""Images encoded at a time, and rows of a Parquet row group."""
TABLE = "train-00000-of-00001.parquet"
LIST = "rows.csv"
UNSAFE = re.compile(r"[^\w.\- ]")
DRIVE = re.compile(r"[A-Za-z]:")
LONGEST = 150
"""Bytes of a file name; file systems take 255, and a number and a suffix are still to come."""
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
    the set's order. Ids are written as `exported_ids` gives them; one channel is written as grey.
    """
    named = replace(
        images, ids=exported_ids(images.ids), classes=_distinct(images.classes, _printable)
    )
    WRITERS[form](folder, named, _encoded(images, sink))


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
    """The PNG file of one image: RGB of uint8 [3, H, W], grey of [1, H, W]."""
    from PIL import Image

    pixels = image[0] if len(image) == 1 else image.permute(1, 2, 0).contiguous()
    buffer = io.BytesIO()
    Image.fromarray(pixels.numpy()).save(buffer, "PNG")
    return buffer.getvalue()


WRITERS: dict[Format, Callable[[Path, ImageSet, Iterator[list[bytes]]], None]] = {
    "parquet": _write_parquet,
    "imagefolder": _write_folders,
}


def exported_ids(ids: Sequence[str]) -> tuple[str, ...]:
    """The ids as paths that other programs may unpack: without control characters, relative, and
    never upwards. All others stay as they are, and no two become equal."""
    return _distinct(ids, _relative)


def _relative(name: str) -> str:
    plain = _printable(name)
    # Windows takes both signs, and a path may be unpacked there.
    parts = re.split(r"[/\\]", plain)
    if ".." not in parts and parts[0] and not DRIVE.match(plain):
        return plain
    parts[0] = DRIVE.sub("_", parts[0], count=1)
    return "/".join("_" if part == ".." else part for part in parts if part) or "_"


def _printable(name: str) -> str:
    return UNPRINTABLE.sub("_", name)


def _distinct(names: Sequence[str], change: Callable[[str], str]) -> tuple[str, ...]:
    """`change` of each of the distinct `names`, numbered if another name is the same by then."""
    changed = [change(name) for name in names]
    taken = {new for name, new in zip(names, changed, strict=True) if name == new}
    found = []
    for name, new in zip(names, changed, strict=True):
        unique, number = new, 1
        while name != new and unique in taken:
            number += 1
            unique = f"{new}-{number}"
        taken.add(unique)
        found.append(unique)
    return tuple(found)


class Names:
    """Hands out names of which no two are equal, upper and lower case taken as one."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def unique(self, name: str) -> str:
        """`name`, or if it was given out already `name-2`, `name-3`, …"""
        found, number = name, 1
        while found.casefold() in self._taken:
            number += 1
            found = f"{name}-{number}"
        self._taken.add(found.casefold())
        return found


def safe(text: str) -> str:
    """`text` as part of one file name on any system: never empty, hidden or a way upwards."""
    plain = UNSAFE.sub("_", text).strip(" .")
    return plain.encode()[:LONGEST].decode(errors="ignore").strip(" .") or "_"


def stem(name: str) -> str:
    """The safe file name of an id that is a path, without its folders and its suffix."""
    return safe(PurePosixPath(name.replace("\\", "/")).stem)


def class_folders(classes: Sequence[str]) -> tuple[str, ...]:
    """A folder a class. Readers of such folders number the classes by their sorted names, so
    names that sort otherwise are given the label in front."""
    plain = [safe(name) for name in classes]
    if len({name.casefold() for name in plain}) == len(plain) and sorted(plain) == plain:
        return tuple(plain)
    digits = len(str(len(plain) - 1))
    return tuple(f"{label:0{digits}}-{name}" for label, name in enumerate(plain))
