"""A folder of decoded images that are too many for memory, decoded once for all commands."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sem_ray.data.pixels.allocation import Allocate, allocate, written
from sem_ray.data.pixels.arrow_file import LARGEST, ArrowLayout, open_writable, write_blank
from sem_ray.data.pixels.hashing import pixel_digests
from sem_ray.data.pixels.memory_mapped import Mapped
from sem_ray.errors import BadInput, DiskFailed
from sem_ray.files import (
    DAMAGED,
    folder_aside,
    remove_abandoned,
    require_space,
    sync,
    writing_to,
)
from sem_ray.locks import locked

log = logging.getLogger(__name__)

KIND_VERSION = 1
"""Raise when the same files would be decoded to other pixels."""
REMEDY = "free some space there, or take fewer with data.limit, or smaller with data.resize"

Decode = Callable[[Allocate], NDArray[np.uint8]]
"""Decodes images into the array it is given."""


@dataclass(frozen=True)
class PixelCache:
    """A folder of pixel files. `stream` says whether images go there; None means that they do if
    they would take more than half of this machine's memory."""

    folder: Path
    stream: bool | None = None

    def decoded(self, signature: str, decode: Decode) -> NDArray[np.uint8] | Mapped:
        """What `decode` gives, in memory or here. `signature` names all that it depends on; of what
        was decoded before under that name nothing is decoded again."""
        if self.stream is False:
            return decode(allocate)
        file = self.folder / f"{_hashed(signature)}.arrow"
        if (found := _readable(file)) is not None:
            return found
        with ExitStack() as held:
            making = _Making(self, file, held)
            try:
                pixels = decode(making.allocate)
            except _Found:
                return Mapped.whole(file)
            return making.finished(pixels)

    def takes(self, size: int) -> bool:
        """Whether decoded images of `size` bytes are kept here."""
        if self.stream is not None:
            return self.stream
        return size > _memory() / 2


class _Found(Exception):
    """Another process decoded the same images meanwhile."""


class _Making:
    """One decoding: in memory, or once it is known to be too large, in a file that appears whole
    or not at all."""

    def __init__(self, pixel_cache: PixelCache, file: Path, held: ExitStack) -> None:
        self._shelf, self._file, self._held = pixel_cache, file, held
        self._places: ArrowLayout | None = None

    def allocate(
        self, total: int, channels: int, size: tuple[int, ...], what: str = "images"
    ) -> NDArray[np.uint8]:
        """uint8 [total, channels, *size] to be filled in. Raises `BadInput`."""
        each = channels * int(np.prod(size))
        if not self._shelf.takes(total * each):
            return allocate(total, channels, size, what)
        if each > LARGEST:
            raise BadInput(f"{what} of {written(size)} are too large; make them smaller first")
        with writing_to(self._shelf.folder, REMEDY):
            aside = self._aside(total * each)
            self._places = write_blank(aside, total, (channels, *size))
        return open_writable(self._places)[0]

    def finished(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8] | Mapped:
        if self._places is None:
            return pixels
        with writing_to(self._shelf.folder, REMEDY, DiskFailed):
            written, digests = open_writable(self._places)
            for row, digest in enumerate(pixel_digests(written)):
                digests[row] = np.frombuffer(digest.encode("ascii"), np.uint8)
            sync(self._places.file)
            self._places.file.replace(self._file)
        return Mapped.whole(self._file)

    def _aside(self, size: int) -> Path:
        """A file to write, in a folder that is gone with the lock."""
        folder = self._shelf.folder
        if self._places is None:
            self._lock()
        require_space(folder, size, "the file of decoded images", REMEDY)
        own = self._held.enter_context(folder_aside(folder, f".{self._file.stem}-"))
        return own / self._file.name

    def _lock(self) -> None:
        """Let no other process decode the same images. Raises `_Found` if one has done so."""
        file = self._file
        waiting = f"waiting for another process that decodes the same images into {file}"
        lock = locked(file.with_name(f".{file.stem}.lock"), waiting=waiting)
        self._held.enter_context(lock)
        if _readable(file) is not None:
            raise _Found
        # Of other sets too, which may never be asked for again.
        remove_abandoned(file.parent, ".")
        if file.exists():
            aside = file.replace(file.with_name(file.name + DAMAGED))
            log.warning("%s is damaged; it is put aside as %s and made again", file, aside.name)


def _readable(file: Path) -> Mapped | None:
    """The images in `file`; None if it is absent or damaged."""
    try:
        return Mapped.whole(file)
    except BadInput:
        return None


def _hashed(signature: str) -> str:
    # File names may hold bytes that are no text.
    text = f"{KIND_VERSION}\n{signature}".encode("utf-8", "surrogateescape")
    return hashlib.sha256(text).hexdigest()[:20]


def _memory() -> int:
    """Bytes this process may use: the machine's, or fewer if its control group says so."""
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        allowed = Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii").strip()
    except OSError:
        return machine
    return min(machine, int(allowed)) if allowed.isdigit() else machine
