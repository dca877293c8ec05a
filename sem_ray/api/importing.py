"""`import`: noise that other code published, as a noise folder."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from sem_ray.api.noise_folder import (
    REMEDY,
    holds,
    publish_new,
    require_free,
)
from sem_ray.api.settings import OnNotice, ignore
from sem_ray.data import ImageSet, Manifest, Noise, load
from sem_ray.data.noise.importers import Converted, Layout, converted, read_array, require_known
from sem_ray.data.noise.noise import IMPORTED
from sem_ray.errors import BadInput
from sem_ray.files import require_space
from sem_ray.spec import DataSpec
from sem_ray.spec.identity import identity
from sem_ray.spec.validation import validated
from sem_ray.store import Store
from sem_ray.version import __version__

IMPORT_VERSION = 1
"""Raise when the same file would give other noise."""


@dataclass(frozen=True)
class Imported:
    """Where the noise is, and what became of the file's values."""

    folder: Path
    identity: str
    fingerprint: str
    images: int
    radius: float
    """1/255."""
    moved: float
    """How far rounding to whole steps moved a value at most, in 1/255."""
    notices: tuple[str, ...]


def import_noise(
    file: Path | str,
    data: str,
    out: Path | str = "noise",
    *,
    radius: float | None = None,
    layout: Layout | None = None,
    store: Path | str | None = None,
    on_notice: OnNotice = ignore,
) -> Imported:
    """Put the noise in `file` into the folder `out`, for the training images of `data`, whose rows
    it has in their order.

    file: a pickled NumPy array (.pkl), .pt, .npy, .npz or .safetensors, one array [N, C, H, W] or
    [N, H, W, C]: whole numbers in 1/255, or floats in units of [0, 1]. Nothing in it is run.
    radius in 1/255; None takes the largest value. Raises `BadInput`.
    """
    target, source = Path(out).absolute(), Path(file)
    require_known(source)
    require_free(target)
    images = load(DataSpec(source=data), pixel_cache=Store(Store.place(store)).pixels()).train
    size = images.images.numel()
    shape = (len(images), *images.shape)
    values = converted(read_array(source, size), shape, layout, str(source))
    noise = Noise.made_for(images, values.values, _manifest(images, values, radius, source))
    said = _remarks(values)
    for remark in said:
        on_notice(remark)
    if not holds(target, noise.manifest.identity):
        require_space(target, 2 * size, "the noise", REMEDY)
        publish_new(noise, images, target)
    manifest = noise.manifest
    return Imported(
        folder=target,
        identity=manifest.identity,
        fingerprint=images.fingerprint,
        images=len(images),
        radius=manifest.radius,
        moved=values.moved,
        notices=said,
    )


def _manifest(images: ImageSet, values: Converted, radius: float | None, file: Path) -> Manifest:
    largest = max(int(values.values.max()), -int(values.values.min()))
    if largest == 0:
        raise BadInput(f"{file} holds no noise: every value is 0 in whole 1/255")
    bound = float(largest if radius is None else radius)
    if not largest <= bound:
        raise BadInput(
            f"{file} changes a pixel by {largest}/255, beyond the radius {bound:g}/255; "
            "give --radius as it is, or leave it out"
        )
    digest = hashlib.sha256(values.values.numpy().tobytes()).hexdigest()
    content = {"data": images.fingerprint, "values": digest, "radius": bound}
    tree = {
        "fingerprint": images.fingerprint,
        "radius": bound,
        "method": IMPORTED,
        "spec": {},
        "identity": identity(IMPORTED, IMPORT_VERSION, content),
        "seconds": 0,
        "sem_ray_version": __version__,
    }
    return validated(Manifest, tree, "the imported noise")


def _remarks(values: Converted) -> tuple[str, ...]:
    if values.exact:
        return ()
    return (
        f"the values are not whole steps of 1/255: rounding moved them by up to "
        f"{values.moved:.2g}/255, {values.mean_moved:.2g}/255 on average",
    )
