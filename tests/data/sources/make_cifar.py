"""Small CIFAR sets in their authors' binary layout, with whatever fault a test needs."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from sem_ray.data.sources.cifar_files import CIFAR10, CIFAR100, Layout


def cifar_contents(layout: Layout = CIFAR10, records: int = 4) -> dict[str, bytes]:
    """By file name; the last label byte of a file's records is 0, 1, …"""
    rng = np.random.default_rng(0)
    contents = {layout.names: b"".join(b"class %d\n" % n for n in range(10)) + b"\n"}
    for file in (*layout.train, layout.test):
        rows = rng.integers(0, 256, (records, layout.record), dtype=np.uint8)
        rows[:, layout.label_bytes - 1] = np.arange(records) % 10
        contents[file] = rows.tobytes()
    return contents


def write_cifar(folder: Path, contents: Mapping[str, bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return folder


def archived(file: Path, contents: Mapping[str, bytes], folder: str = CIFAR10.folder) -> Path:
    with tarfile.open(file, "w:gz") as archive:
        for name, content in contents.items():
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return file


__all__ = ["CIFAR10", "CIFAR100", "archived", "cifar_contents", "write_cifar"]
