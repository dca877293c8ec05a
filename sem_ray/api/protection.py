"""`protect`: noise for a set of images, as files that describe themselves."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Unpack

from sem_ray.api.advice import ImageFacts, advice, hours_notices
from sem_ray.api.backends import backend, kind_of_device
from sem_ray.api.cost_notices import generation_costs
from sem_ray.api.noise_folder import REMEDY, holds, place_key, publish, require_free
from sem_ray.api.run_options import RunKeywords, RunOptions
from sem_ray.api.settings import notices, resolve, stem_notices
from sem_ray.data import Dataset, ImageSet, Noise, load, read_noise
from sem_ray.devices import pick_device, settled
from sem_ray.evaluation import ShortCheck, can_check, short_check
from sem_ray.files import require_space
from sem_ray.methods import noise_identity
from sem_ray.pipeline import OnDevice, find_noise, noise_for, space_for
from sem_ray.spec import ExperimentSpec
from sem_ray.store import Store

TOO_FEW = (
    "whether the noise protects is not checked: there are no test images, and too few training "
    "images to hold some out"
)


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
    facts: ImageFacts
    check: ShortCheck | None
    """Whether the noise protects; None if not asked for, or there are too few images to tell."""

    @property
    def advice(self) -> tuple[str, ...]:
        """What to try if the check does not find that the noise protects."""
        return advice(self.spec, self.facts, self.check) if self.check else ()


def protect(
    data: str | None = None,
    out: Path | str = "noise",
    *,
    check: bool = True,
    options: RunOptions = RunOptions(),
    **keywords: Unpack[RunKeywords],
) -> Protected:
    """Make noise for the training images of `data` and put it in the folder `out`.

    data: `digits`, `torchvision:CIFAR10`, or the path of images (`DataSpec.source` says which kinds
    are read); None takes the settings'. `check` ends with a short check of whether the noise
    protects, on one device of this process. `keywords` change `options`, whose fields they name.
    Noise that the store holds already is copied, not made again. Raises `BadInput`, `WorkFailed`.
    """
    options = options.changed(**keywords)
    asked = resolve(data, options)
    computing_on = kind_of_device(options.device, options.actors)
    spec = settled(asked, computing_on)
    target = Path(out).absolute()
    require_free(target)
    artifacts = Store.open(options.store)
    loaded = load(spec.data, pixel_cache=artifacts.pixels(options.stream), sink=options.sink)
    images = loaded.train
    identity = noise_identity(spec, images.fingerprint)
    if not holds(target, identity):
        require_space(target, space_for(images), "the noise", REMEDY)
    checked_later = check and can_check(loaded)
    said = (
        *loaded.notices,
        *_notices(spec, images),
        *generation_costs(asked, len(images), computing_on, options.actors),
        *((TOO_FEW,) if check and not checked_later else ()),
    )
    made = find_noise(spec, images, artifacts)
    hours = () if made or options.actors else hours_notices(spec, images, computing_on)
    for notice in (*said, *hours):
        options.on_notice(notice)
    if made is None:
        with backend(options, spec, images) as computing:
            made = noise_for(spec, images, artifacts, backend=computing, sink=options.sink)
    with artifacts.making("published", place_key(target)):
        publish(made.folder, identity, images, target)
    noise = read_noise(target)
    checked = _checked(spec, loaded, noise, artifacts, options) if checked_later else None
    return Protected(
        folder=target,
        identity=noise.manifest.identity,
        fingerprint=images.fingerprint,
        images=len(images),
        radius=noise.manifest.radius,
        seconds=noise.manifest.seconds,
        reused=made.found,
        spec=spec,
        notices=said,
        facts=ImageFacts.of(images),
        check=checked,
    )


def _checked(
    spec: ExperimentSpec, loaded: Dataset, noise: Noise, artifacts: Store, options: RunOptions
) -> ShortCheck:
    """The short check, on one device of this process even if actors made the noise."""
    here = OnDevice(pick_device(options.device), options.stream)
    return short_check(spec, loaded, noise, artifacts, backend=here, sink=options.sink)


def _notices(spec: ExperimentSpec, images: ImageSet) -> tuple[str, ...]:
    return (*notices(spec), *stem_notices(spec, spec.surrogate.network, images.shape))
