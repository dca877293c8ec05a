"""What noise is, the promise it keeps, and how it is put on the images it was made for."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

import torch
from pydantic import Field
from torch import Tensor

from sem_ray.data.image_set import ImageSet
from sem_ray.data.pixels.add_noise import add_noise
from sem_ray.data.pixels.memory_mapped import Mapped
from sem_ray.data.pixels.prefetch import Pixels
from sem_ray.errors import BadInput
from sem_ray.spec.base import Frozen, NoiseRadius

FORMAT_VERSION = 1
IMPORTED = "imported"
ORDER = "noise is added to the stored image before any filter or augmentation"


Line = Annotated[str, Field(pattern=r"^[ -~]{1,500}$")]
"""One line of plain text: a file's author may have meant it for a terminal."""


class Manifest(Frozen):
    """What the noise is, for whom, and how it was made."""

    format_version: int = FORMAT_VERSION
    fingerprint: Line
    """Of the unprotected image set."""
    radius: NoiseRadius
    """Largest change of a pixel, in 1/255."""
    method: Line
    """How it was made; `IMPORTED` if other code made it."""
    spec: dict[str, Any]
    """The settings it was made with, as JSON. If it was imported they are unknown; then at most
    settings of `data` are here, which say how its images are read."""
    identity: Line
    """Of the generation that made it, or of the contents of what was imported."""
    order: Line = ORDER
    seconds: Annotated[float, Field(ge=0)]
    """Wall time of the generation; 0 if it was imported."""
    sem_ray_version: Line
    values_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    """Of the values, int8 [N, C, H, W] row by row; None in noise that earlier versions wrote."""


@dataclass(frozen=True, eq=False)
class Noise:
    """Noise for N images.

    values: int8 [N, C, H, W] in 1/255; labels: int64 [N]; ids: N distinct names; digests: the
    pixel digests of the unprotected images, as in `ImageSet.digests`.
    """

    values: Tensor
    ids: tuple[str, ...]
    labels: Tensor
    digests: tuple[str, ...]
    manifest: Manifest

    @classmethod
    def made_for(cls, images: ImageSet, values: Tensor, manifest: Manifest) -> Noise:
        """Noise whose rows are those of `images`, in their order."""
        return cls(values.cpu(), images.ids, images.labels.cpu(), images.digests, manifest)

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def largest(self) -> int:
        """The largest change of a pixel before clipping, in 1/255."""
        return max(int(self.values.max()), -int(self.values.min()))

    @property
    def name(self) -> str:
        """Its recipe's identity and a hash of the values themselves: the same recipe gives other
        values on other kinds of devices, and files can be edited."""
        return f"{self.manifest.identity}.{self.digest[:12]}"

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the values, as `Manifest.values_sha256`."""
        return hashlib.sha256(self.values.contiguous().numpy().data).hexdigest()


def require_shaped(noise: Noise, place: str) -> None:
    """Raise `BadInput` if the values are not int8 [N, C, H, W], or not as many as the rows."""
    shape, dtype = tuple(noise.values.shape), noise.values.dtype
    if dtype != torch.int8 or len(shape) != 4 or 0 in shape:
        raise BadInput(f"{place}: noise must be int8 [N, C, H, W]; it is {dtype} {list(shape)}")
    counts = {shape[0], len(noise.ids), len(noise.labels), len(noise.digests)}
    if len(counts) > 1:
        raise BadInput(f"{place}: {shape[0]:,} rows of noise for {len(noise.ids):,} images")


def require_sound(noise: Noise, place: str) -> None:
    """Raise `BadInput` if shapes, counts, ids or values contradict each other or the radius."""
    require_shaped(noise, place)
    if len(set(noise.ids)) != len(noise):
        raise BadInput(f"{place} gives one id to several rows; generate the noise again")
    if noise.largest > noise.manifest.radius:
        raise BadInput(
            f"{place}: noise changes a pixel by {noise.largest}/255, beyond its radius "
            f"{noise.manifest.radius:g}/255"
        )


def protected(images: ImageSet, noise: Noise) -> ImageSet:
    """`images` with their noise, matched by id whatever the order of the rows.

    Raises `BadInput` if an image has no noise, or has other pixels than the noise was made for.
    """
    rows = require_made_for(images, noise)
    note = f"noise={noise.manifest.identity}"
    pixels = _summed(images.images, _in_order(noise.values, rows))
    return images.with_images(pixels, f"{images.note},{note}" if images.note else note)


def require_made_for(images: ImageSet, noise: Noise) -> list[int]:
    """The row of `noise` that each of `images` has. Raises `BadInput` as `protected` does."""
    row_of = {name: row for row, name in enumerate(noise.ids)}
    _require_none(images, noise, [n for n in images.ids if n not in row_of], "have no noise")
    rows = [row_of[name] for name in images.ids]
    pairs = zip(images.ids, images.digests, rows, strict=True)
    changed = [name for name, digest, row in pairs if noise.digests[row] != digest]
    if images.shape != noise.values.shape[1:]:
        _require_none(images, noise, list(images.ids), "have another size")
    _require_none(images, noise, changed, "have other pixels")
    return rows


def _in_order(values: Tensor, rows: list[int]) -> Tensor:
    """Taking copies; noise for many images may be large."""
    return values if rows == list(range(len(values))) else values[torch.tensor(rows)]


def _summed(images: Pixels, noise: Tensor) -> Pixels:
    """What is in a file stays there, and noise is put on it as it is read."""
    return images.with_noise(noise) if isinstance(images, Mapped) else add_noise(images, noise)


def _require_none(images: ImageSet, noise: Noise, strangers: list[str], problem: str) -> None:
    if strangers:
        raise BadInput(
            f"the noise {noise.manifest.identity} belongs to other images: {len(strangers):,} of "
            f"the {len(images):,} images of {images.name} {problem} (first: {strangers[0]}); "
            f"give the images it was made for, fingerprint {noise.manifest.fingerprint}"
        )
