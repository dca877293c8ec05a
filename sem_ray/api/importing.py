"""`import`: noise that other code published, as a noise folder."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from sem_ray.api.noise_folder import (
    REMEDY,
    holds,
    publish_new,
    require_free,
)
from sem_ray.api.run_options import OnNotice, Settings, ignore
from sem_ray.data import ImageSet, Manifest, Noise, load
from sem_ray.data.noise.importers import (
    Converted,
    Layout,
    converted,
    read_array,
    read_order,
    require_known,
)
from sem_ray.data.noise.noise import IMPORTED
from sem_ray.errors import BadInput
from sem_ray.files import require_space
from sem_ray.metrics.class_alignment import CLEAR, class_alignment
from sem_ray.spec import DataSpec
from sem_ray.spec.identity import identity
from sem_ray.spec.reading import overrides
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
    order: Path | str | None = None,
    settings: Settings = (),
    store: Path | str | None = None,
    on_notice: OnNotice = ignore,
) -> Imported:
    """Put the noise in `file` into the folder `out`, for the training images of `data`, whose rows
    it has in their order, or in the order that the file `order` gives (`read_order`).

    file: a pickled NumPy array (.pkl), .pt, .npy, .npz or .safetensors, one array [N, C, H, W] or
    [N, H, W, C]: whole numbers in 1/255, or floats in units of [0, 1]. Nothing in it is run.
    radius in 1/255; None takes the largest value. settings: of `data` alone, as
    `data.resize=256` for noise that was made for resized images. Raises `BadInput`.
    """
    target, source = Path(out).absolute(), Path(file)
    require_known(source)
    require_free(target)
    form = _data_settings(settings)
    spec = validated(DataSpec, {**form, "source": data}, "settings")
    data_set = load(spec, pixel_cache=Store(Store.place(store)).pixels())
    images = data_set.train
    rows = None if order is None else read_order(Path(order), images.ids)
    size = images.images.numel()
    shape = (len(images), *images.shape)
    values = converted(read_array(source, size), shape, layout, str(source))
    if rows is not None:
        values = replace(values, values=values.values[torch.from_numpy(np.argsort(rows))])
    manifest = _manifest(images, values, radius, source, form)
    noise = Noise.made_for(images, values.values, manifest)
    said = (*data_set.notices, *_notices(values), *_order_notices(noise))
    for notice in said:
        on_notice(notice)
    if not holds(target, manifest.identity):
        require_space(target, 2 * size, "the noise", REMEDY)
        publish_new(noise, images, target)
    return Imported(
        folder=target,
        identity=manifest.identity,
        fingerprint=images.fingerprint,
        images=len(images),
        radius=manifest.radius,
        moved=values.moved,
        notices=said,
    )


def _data_settings(settings: Settings) -> dict[str, Any]:
    """The settings of the group `data`. Raises `BadInput` if there are others, because what
    imported noise was made with is unknown."""
    tree = settings if isinstance(settings, Mapping) else overrides(settings)
    form = tree.get("data", {})
    if set(tree) - {"data"} or not isinstance(form, Mapping) or "source" in form:
        raise BadInput(
            "import takes settings of how the images are read, as --set data.resize=256, and "
            "--data names the images"
        )
    return dict(form)


def _manifest(
    images: ImageSet, values: Converted, radius: float | None, file: Path, form: dict[str, Any]
) -> Manifest:
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
        "spec": {"data": form} if form else {},
        "identity": identity(IMPORTED, IMPORT_VERSION, content),
        "seconds": 0,
        "sem_ray_version": __version__,
    }
    return validated(Manifest, tree, "the imported noise")


def _order_notices(noise: Noise) -> tuple[str, ...]:
    """Rows in the order of the images depend on their classes; in another order they do not."""
    if class_alignment(noise.values, noise.labels) >= CLEAR:
        return ()
    return (
        "the noise has nothing to do with the images' classes, so its rows probably lie in another "
        "order than these images; give the images in the order it was made for, or with --order a "
        "file that names the image of each row by its id, or by its row counted from 0",
    )


def _notices(values: Converted) -> tuple[str, ...]:
    if values.exact:
        return ()
    return (
        f"the values are not whole steps of 1/255: rounding moved them by up to "
        f"{values.moved:.2g}/255, {values.mean_moved:.2g}/255 on average",
    )
