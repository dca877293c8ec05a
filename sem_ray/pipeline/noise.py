"""images → noise, kept in the store by identity."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch

from sem_ray.checkpoint import Checkpoint
from sem_ray.data import ImageSet, Manifest, Noise, read_noise, write_noise
from sem_ray.errors import BadInput
from sem_ray.files import Damaged
from sem_ray.methods import method_of, noise_identity
from sem_ray.methods.generation import Generated
from sem_ray.pipeline.backend import Backend
from sem_ray.pipeline.surrogates import begin_trained
from sem_ray.progress import ProgressSink, silent
from sem_ray.spec import ExperimentSpec
from sem_ray.store import Store
from sem_ray.version import __version__

KIND = "noise"
MARGIN = 16_000_000
"""Bytes kept free for ids, records and logs."""


@dataclass(frozen=True)
class StoredNoise:
    """A folder of noise in the store."""

    folder: Path
    found: bool
    """Whether it was there already, and not made now."""


def find_noise(spec: ExperimentSpec, images: ImageSet, store: Store) -> StoredNoise | None:
    """The noise of `images` under `spec`; None if it is not finished, or damaged."""
    found = store.find(KIND, noise_identity(spec, images.fingerprint), check_noise)
    return None if found is None else StoredNoise(found, found=True)


def noise_for(
    spec: ExperimentSpec,
    images: ImageSet,
    store: Store,
    *,
    backend: Backend,
    sink: ProgressSink = silent,
) -> StoredNoise:
    """The noise of `images` under `spec`, made now or found finished. Raises `BeingMade` if another
    process makes it and the store's user does not wait."""
    if (stored := find_noise(spec, images, store)) is not None:
        return stored
    identity = noise_identity(spec, images.fingerprint)
    with store.making(KIND, identity):
        if (found := store.reuse(KIND, identity, check_noise)) is not None:
            return StoredNoise(found, found=True)
        store.require_space(space_for(images), "the noise")
        run = partial(_generated, spec, images, backend, sink)
        with store.resuming(KIND, identity) as checkpoint:
            begin_trained(spec, images, store, checkpoint, run)
            generated = run(checkpoint)
            with store.writing(KIND, identity) as folder:
                write_noise(folder, made_noise(spec, images, identity, generated))
    return StoredNoise(store.folder(KIND, identity), found=False)


def _generated(
    spec: ExperimentSpec,
    images: ImageSet,
    backend: Backend,
    sink: ProgressSink,
    checkpoint: Checkpoint,
) -> Generated:
    return backend.generate(spec, images, sink=sink, checkpoint=checkpoint)


def check_noise(folder: Path) -> None:
    """Raise `Damaged` if noise without digests is not sound."""
    try:
        read_noise(folder)
    except BadInput as error:
        raise Damaged(str(error)) from error


def space_for(images: ImageSet) -> int:
    """Bytes that the noise of `images` may need on a disk, twice what it will."""
    return 2 * images.images.numel() + MARGIN


def made_noise(
    spec: ExperimentSpec, images: ImageSet, identity: str, generated: Generated
) -> Noise:
    """What was generated, with its manifest."""
    manifest = Manifest(
        fingerprint=images.fingerprint,
        radius=_radius(spec, generated),
        method=spec.noise.method,
        spec=spec.model_dump(mode="json"),
        identity=identity,
        seconds=generated.seconds,
        sem_ray_version=__version__,
    )
    return Noise.made_for(images, generated.noise, manifest)


def _radius(spec: ExperimentSpec, generated: Generated) -> float:
    """The radius that holds for the noise, in 1/255: the spec's, or if the method keeps to none,
    the largest value there is."""
    if method_of(spec).bounded:
        return spec.noise.radius
    return max(float(generated.noise.to(torch.int16).abs().max()), 1.0)
