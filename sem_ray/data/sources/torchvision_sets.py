"""CIFAR-10 and CIFAR-100 by name, fetched once by torchvision.

torchvision reads CIFAR's own Python archive, which is a pickle. It compares every file with an MD5
digest that is part of torchvision before it opens it, so only the bytes the authors published are
ever unpickled; nothing else in sem-ray is.
"""

from __future__ import annotations

import os
import socket
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import torch

from sem_ray.data.image_set import Dataset, ImageSet
from sem_ray.errors import BadInput
from sem_ray.locks import locked

PREFIX = "torchvision:"
SETS = {f"{PREFIX}{name}": name for name in ("CIFAR10", "CIFAR100")}
CACHE_VARIABLE = "SEM_RAY_DATA_CACHE"
SILENCE_LIMIT = 10.0
"""Seconds without a byte after which a download counts as failed; torchvision would wait on."""


def read_torchvision(source: str) -> Dataset:
    """One of `SETS`, from `$SEM_RAY_DATA_CACHE` or `~/.cache/sem-ray`; fetched where it is absent.

    Ids are split and row, as `train-00017`. Raises `BadInput` where torchvision is not installed
    or the archive can neither be found nor fetched.
    """
    maker, root = _maker(source), cache_folder()
    test = _kept(maker, root)
    if test is None:
        test = _fetched(source, maker, root)
    return Dataset(
        train=_image_set(source, "train", maker(root, train=True)),
        test=_image_set(f"{source} (test)", "test", test),
    )


def cache_folder() -> Path:
    """Where downloads are kept."""
    return Path(os.environ.get(CACHE_VARIABLE) or "~/.cache/sem-ray").expanduser()


def _maker(source: str) -> Any:
    try:
        from torchvision import datasets
    except ImportError as error:
        raise BadInput(
            f"{source} needs torchvision, which is not installed: pip install 'sem-ray[images]', "
            "or name a Parquet folder as data.source"
        ) from error
    return getattr(datasets, SETS[source])


def _kept(maker: Any, root: Path) -> Any | None:
    """The test split, where all unpacked files are there with their published digests."""
    try:
        return maker(root, train=False)
    except (RuntimeError, OSError):
        return None


def _fetched(source: str, maker: Any, root: Path) -> Any:
    """The test split of a fresh download; of several processes one downloads for all."""
    try:
        with locked(root / f".{SETS[source]}.lock"), _impatient(), redirect_stdout(sys.stderr):
            return maker(root, train=False, download=True)
    except (OSError, RuntimeError, EOFError, tarfile.TarError) as error:
        reason = getattr(error, "reason", None) or error
        raise BadInput(
            f"{source} is not in {root} and could not be fetched ({reason}); "
            "name a Parquet folder or CIFAR's binary archive as data.source, use digits, or set "
            f"{CACHE_VARIABLE} to a folder that holds it"
        ) from error


@contextmanager
def _impatient() -> Iterator[None]:
    """Give new sockets a time limit; urllib has none of its own."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(SILENCE_LIMIT)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _image_set(name: str, split: str, images: Any) -> ImageSet:
    """From torchvision's uint8 [N, H, W, 3] array and list of labels."""
    to_chw = np.ascontiguousarray(images.data.transpose(0, 3, 1, 2))
    return ImageSet(
        name=name,
        images=torch.from_numpy(to_chw),
        labels=torch.tensor(images.targets, dtype=torch.int64),
        classes=tuple(images.classes),
        ids=tuple(f"{split}-{row:05d}" for row in range(len(to_chw))),
    )
