"""`protect`: noise for a set of images, as files that describe themselves."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Unpack

from sem_ray.api.backends import backend, kind_of_device
from sem_ray.api.cost_notices import generation_costs
from sem_ray.api.noise_folder import REMEDY, holds, place_key, publish, require_free
from sem_ray.api.run_options import RunKeywords, RunOptions
from sem_ray.api.settings import notices, resolve, stem_notices
from sem_ray.data import ImageSet, load, read_manifest
from sem_ray.devices import settled
from sem_ray.files import require_space
from sem_ray.methods import noise_identity
from sem_ray.pipeline import find_noise, noise_for, space_for
from sem_ray.spec import ExperimentSpec
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
    options: RunOptions = RunOptions(),
    **keywords: Unpack[RunKeywords],
) -> Protected:
    """Make noise for the training images of `data` and put it in the folder `out`.

    data: `digits`, `torchvision:CIFAR10`, or the path of images (`DataSpec.source` says which kinds
    are read); None takes the settings'. `keywords` change `options`, whose fields they name. Noise
    that the store holds already is copied, not made again. Raises `BadInput`, `WorkFailed`.
    """
    options = options.changed(**keywords)
    asked = resolve(data, options)
    computing_on = kind_of_device(options.device, options.actors)
    spec = settled(asked, computing_on)
    target = Path(out).absolute()
    require_free(target)
    artifacts = Store.open(options.store)
    data_set = load(spec.data, pixel_cache=artifacts.pixels(options.stream), sink=options.sink)
    images = data_set.train
    identity = noise_identity(spec, images.fingerprint)
    if not holds(target, identity):
        require_space(target, space_for(images), "the noise", REMEDY)
    said = (
        *data_set.notices,
        *_remarks(spec, images),
        *generation_costs(asked, len(images), computing_on, options.actors),
    )
    for remark in said:
        options.on_notice(remark)
    made = find_noise(spec, images, artifacts)
    if made is None:
        with backend(options, spec, images) as computing:
            made = noise_for(spec, images, artifacts, backend=computing, sink=options.sink)
    with artifacts.making("published", place_key(target)):
        publish(made.folder, identity, images, target)
    return _protected(spec, images, target, said, reused=made.found)


def _protected(
    spec: ExperimentSpec, images: ImageSet, target: Path, said: tuple[str, ...], *, reused: bool
) -> Protected:
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
        notices=said,
    )


def _remarks(spec: ExperimentSpec, images: ImageSet) -> tuple[str, ...]:
    return (*notices(spec), *stem_notices(spec, spec.surrogate.network, images.shape))
