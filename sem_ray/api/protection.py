"""`protect`: noise for a set of images, as files that describe themselves."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sem_ray.api.backends import Actors, backend
from sem_ray.api.noise_folder import REMEDY, holds, place_key, publish, require_free
from sem_ray.api.settings import (
    OnNotice,
    Settings,
    ignore,
    notices,
    resolve,
    stem_notices,
)
from sem_ray.data import ImageSet, load, read_manifest
from sem_ray.devices import pick_device
from sem_ray.files import require_space
from sem_ray.pipeline import find_noise, noise_for, space_for
from sem_ray.progress import ProgressSink, silent
from sem_ray.spec import ExperimentSpec
from sem_ray.spec.identity import noise_identity
from sem_ray.store import Store


@dataclass(frozen=True)
class Protected:
    """Where the noise is, and what it is."""

    folder: Path
    identity: str
    fingerprint: str
    images: int
    radius: float
    """1/255."""
    seconds: float
    """Wall time of the generation, when it was made."""
    reused: bool
    """Whether the store had it already."""
    spec: ExperimentSpec
    notices: tuple[str, ...]


def protect(
    data: str | None = None,
    out: Path | str = "noise",
    *,
    preset: str | None = None,
    config: Path | None = None,
    settings: Settings = (),
    limit: int | None = None,
    seed: int | None = None,
    device: str = "auto",
    actors: Actors | None = None,
    stream: bool | None = None,
    store: Path | str | None = None,
    sink: ProgressSink = silent,
    on_notice: OnNotice = ignore,
) -> Protected:
    """Make noise for the training images of `data` and put it in the folder `out`.

    data: `digits`, `torchvision:CIFAR10`, or the path of images (`DataSpec.source` says which kinds
    are read); None takes the settings'. `actors` share the work where they are given, to the same
    noise. `stream` keeps images in a file of the store, from which batches reach the device, and
    their noise in host memory; None does so where they do not fit. Noise that the store holds
    already is copied, not made again. Raises `BadInput`, `WorkFailed`.
    """
    spec = resolve(
        data, preset_name=preset, config=config, settings=settings, limit=limit, seed=seed
    )
    pick_device(device)
    target = Path(out).absolute()
    require_free(target)
    artifacts = Store.open(store)
    images = load(spec.data, pixel_cache=artifacts.pixels(stream), sink=sink).train
    identity = noise_identity(spec, images.fingerprint)
    if not holds(target, identity):
        require_space(target, space_for(images), "the noise", REMEDY)
    for remark in _remarks(spec, images):
        on_notice(remark)
    made = find_noise(spec, images, artifacts)
    if made is None:
        with backend(device, actors, images, stream=stream) as computing:
            made = noise_for(spec, images, artifacts, backend=computing, sink=sink)
    with artifacts.making("published", place_key(target)):
        publish(made.folder, identity, images, target)
    return _protected(spec, images, target, reused=made.found)


def _protected(spec: ExperimentSpec, images: ImageSet, target: Path, *, reused: bool) -> Protected:
    manifest = read_manifest(target)
    return Protected(
        folder=target,
        identity=manifest.identity,
        fingerprint=images.fingerprint,
        images=len(images),
        radius=manifest.radius,
        seconds=manifest.seconds,
        reused=reused,
        spec=spec,
        notices=_remarks(spec, images),
    )


def _remarks(spec: ExperimentSpec, images: ImageSet) -> tuple[str, ...]:
    return (*notices(spec), *stem_notices(spec, spec.surrogate.network, images.shape))
