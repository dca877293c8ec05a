"""Where decoded images are kept that are too many for memory, once for every command that reads
them."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sem_ray.data.digests import pixel_digests
from sem_ray.data.form import Room, room
from sem_ray.data.mapped import Mapped
from sem_ray.data.pixel_file import Places, fillable, write_blank
from sem_ray.errors import BadInput, writing_to

KIND_VERSION = 1
"""Raise when the same files would be decoded to other pixels."""
WAY_OUT = "free some space there, or take fewer with data.limit, or smaller with data.resize"

Decode = Callable[[Room], NDArray[np.uint8]]
"""Decodes images into the room it is given."""


@dataclass(frozen=True)
class PixelShelf:
    """A folder of pixel files. `stream` says whether images go there; None is where they would
    take more than half of this machine's memory."""

    folder: Path
    stream: bool | None = None

    def decoded(self, stamp: str, decode: Decode) -> NDArray[np.uint8] | Mapped:
        """What `decode` gives, in memory or here. `stamp` names all that it depends on; of what
        was decoded before under that name nothing is decoded again."""
        if self.stream is False:
            return decode(room)
        file = self.folder / f"{_hashed(stamp)}.arrow"
        if file.exists():
            return Mapped.whole(file)
        with ExitStack() as held:
            making = _Making(self, file, held)
            try:
                pixels = decode(making.room)
            except _Found:
                return Mapped.whole(file)
            return making.finished(pixels)

    def takes(self, size: int) -> bool:
        """Whether decoded images of `size` bytes are kept here."""
        if self.stream is not None:
            return self.stream
        return size > os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2


class _Found(Exception):
    """Somebody else decoded the same images while we waited."""


class _Making:
    """One decoding: in memory, or once it is known to be too large, in a file that appears whole
    or not at all."""

    def __init__(self, shelf: PixelShelf, file: Path, held: ExitStack) -> None:
        self._shelf, self._file, self._held = shelf, file, held
        self._places: Places | None = None

    def room(
        self, total: int, channels: int, size: tuple[int, ...], what: str = "images"
    ) -> NDArray[np.uint8]:
        """uint8 [total, channels, *size] to be filled in. Raises `BadInput`."""
        count = total * channels * int(np.prod(size))
        if not self._shelf.takes(count):
            return room(total, channels, size, what)
        with writing_to(self._shelf.folder, WAY_OUT):
            aside = self._aside(count)
            self._places = write_blank(aside, total, (channels, *size))
        return fillable(self._places)[0]

    def finished(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8] | Mapped:
        if self._places is None:
            return pixels
        with writing_to(self._shelf.folder, WAY_OUT):
            written, digests = fillable(self._places)
            for row, digest in enumerate(pixel_digests(written)):
                digests[row] = np.frombuffer(digest.encode("ascii"), np.uint8)
            with self._places.file.open("rb+") as stream:
                os.fsync(stream.fileno())
            self._places.file.replace(self._file)
        return Mapped.whole(self._file)

    def _aside(self, size: int) -> Path:
        """A file to write, in a folder that is gone with the lock."""
        folder = self._shelf.folder
        folder.mkdir(parents=True, exist_ok=True)
        if self._places is None:
            # Late, because few sets are so large.
            from filelock import FileLock

            self._held.enter_context(FileLock(folder / f".{self._file.stem}.lock"))
            if self._file.exists():
                raise _Found
            for left in folder.glob(f".{self._file.stem}-*"):
                shutil.rmtree(left, ignore_errors=True)
        _require_space(folder, size)
        own = tempfile.TemporaryDirectory(prefix=f".{self._file.stem}-", dir=folder)
        return Path(self._held.enter_context(own)) / self._file.name


def _require_space(folder: Path, size: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < size:
        raise BadInput(
            f"the decoded images need {size / 1e9:,.1f} GB in {folder}, where {free / 1e9:,.1f} GB "
            f"are free; {WAY_OUT}"
        )


def _hashed(stamp: str) -> str:
    return hashlib.sha256(f"{KIND_VERSION}\n{stamp}".encode()).hexdigest()[:20]
