"""Many encoded images into one uint8 array, a few at a time and on several threads."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain, count
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sem_ray.data.decode.form import Form, to_chw
from sem_ray.data.decode.image_file import Encoded, open_checked, upright, upright_size
from sem_ray.data.decode.pillow_warnings import PillowWarnings
from sem_ray.data.pixels.allocation import Allocate, allocate, written
from sem_ray.errors import BadInput
from sem_ray.progress import Progress, ProgressSink, silent

if TYPE_CHECKING:
    from PIL.Image import Image

THREADS_FROM = 128 * 128
"""Pixels from which threads help: below, the decoder holds the interpreter most of the time, and
one thread is faster than two."""
CHUNK = 256
CHUNK_BYTES = 1 << 26
"""Encoded images that are held at a time, whichever comes first; the last may go beyond."""
SHOWN_FROM = 20_000
"""Images from which decoding takes long enough to be watched."""

Placed = tuple[int, Encoded]
"""An image and its row."""


def decode_batch(
    images: Iterable[Encoded],
    total: int,
    form: Form,
    make: Allocate = allocate,
    sink: ProgressSink = silent,
) -> NDArray[np.uint8]:
    """All `total` (at least one) images, decoded into what `make` gives: uint8 [total, C, H, W].

    C is 1 if all are grey or `form` says so, else 3. Raises `BadInput` for the first image that
    cannot be decoded, is too large or (without `form.resize`) has another size than the first, and
    if there is no room for the pixels.
    """
    rest, said = iter(images), PillowWarnings()
    first = next(rest)
    with said.collected(), ThreadPoolExecutor(os.cpu_count()) as pool:
        stack = _Stack(first, total, form, make, said)
        each: Callable[..., Iterator[Placed | None]] = pool.map if stack.threads_help else map
        placed = zip(count(), chain([first], rest), strict=False)
        while chunk := _chunk(placed):
            if coloured := [image for image in each(stack.put, chunk) if image]:
                stack.promote()
                list(each(stack.put, coloured))
            if total >= SHOWN_FROM:
                sink(Progress("decoding", chunk[-1][0] + 1, total, "images"))
    return stack.pixels


def _chunk(placed: Iterator[Placed]) -> list[Placed]:
    """The next images, or none if all were taken."""
    taken, size = list[Placed](), 0
    for row, image in placed:
        taken.append((row, image))
        size += len(image.content) if isinstance(image.content, bytes) else 0
        if len(taken) == CHUNK or size >= CHUNK_BYTES:
            break
    return taken


class _Stack:
    """Pixels to be filled in, in the first image's form until one with colour comes."""

    def __init__(
        self, first: Encoded, total: int, form: Form, make: Allocate, said: PillowWarnings
    ) -> None:
        self.first, self.form, self.make, self.said = first, form, make, said
        said.decoding(first.what)
        self.size, self.channels = open_checked(
            first, lambda i: (upright_size(i), form.channels_of(i))
        )
        self.threads_help = self.size[0] * self.size[1] >= THREADS_FROM
        side = form.resize
        self.pixels = make(total, self.channels, (side, side) if side else self.size)

    def put(self, placed: Placed) -> Placed | None:
        """Decodes an image into its row, or gives it back if it has colour among grey ones."""
        row, image = placed
        self.said.decoding(image.what)
        pixels = open_checked(image, partial(self._decoded, image.what))
        if pixels is None:
            return placed
        # Grey is repeated over the three channels.
        self.pixels[row] = to_chw(pixels)
        return None

    def _decoded(self, what: str, opened: Image) -> NDArray[np.uint8] | None:
        size = upright_size(opened)
        if size != self.size and self.form.resize is None:
            raise self._other_size(what, size)
        if self.form.channels_of(opened) > self.channels:
            return None
        return self.form.pixels(upright(opened))

    def promote(self) -> None:
        """Grey so far, which is repeated over the channels; RGB from now on."""
        count, _, *size = self.pixels.shape
        grey, self.pixels = self.pixels, self.make(count, 3, tuple(size))
        self.pixels[:] = grey
        self.channels = 3

    def _other_size(self, what: str, size: tuple[int, int]) -> BadInput:
        return BadInput(
            f"images differ in size: {self.first.what} is {written(self.size)} and "
            f"{what} is {written(size)} (width × height); "
            "bring them to one with data.resize, as --set data.resize=224"
        )
