"""The images that noise was made for, and the settings it stands in for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sem_ray.api.settings import DEFAULT_PRESET
from sem_ray.data import ImageSet, Manifest, Noise, load
from sem_ray.data.noise.matching import Match, matched
from sem_ray.data.noise.noise import IMPORTED
from sem_ray.errors import BadInput
from sem_ray.spec import DataSpec, ExperimentSpec
from sem_ray.spec.experiment import NoiseSpec
from sem_ray.spec.reading import merged, preset
from sem_ray.spec.validation import validated
from sem_ray.store import Store

THE_NOISE = "the noise's settings"


@dataclass(frozen=True, eq=False)
class Paired:
    """The training images of a set, the noise, and which rows of both belong together: at least
    one. `notices` are those of the `Dataset`."""

    images: ImageSet
    noise: Noise
    match: Match
    notices: tuple[str, ...] = ()


def paired(data: str, noise: Noise, folder: Path, store: Path | str | None = None) -> Paired:
    """The images of `data` that the noise in `folder` was made for.

    The seed and limit that the noise was made with choose the subset. If a copy of the set has
    another order, that subset is another one, so all its images are looked at then. `store` is the
    place of decoded images that are too many for memory. Raises `BadInput` if no image has noise,
    or the sizes differ.
    """
    spec = _data_spec(data, noise.manifest)
    _require_form(spec, noise, folder)
    artifacts = Store(Store.place(store)).pixels()
    found = load(spec, pixel_cache=artifacts)
    match = matched(found.train, noise)
    if spec.limit is not None and match.without_image:
        found = load(spec.model_copy(update={"limit": None}), pixel_cache=artifacts)
        match = matched(found.train, noise)
    _require_related(found.train, noise, match, folder)
    return Paired(found.train, noise, match, found.notices)


def _require_form(spec: DataSpec, noise: Noise, folder: Path) -> None:
    """Refuse a size that no images have, before they are decoded to it."""
    channels, *size = noise.values.shape[1:]
    resized = spec.resize is None or size == [spec.resize, spec.resize]
    if not resized or spec.channels not in (None, channels):
        raise BadInput(
            f"the manifest in {folder} says resize {spec.resize} and channels {spec.channels}, and "
            f"its noise is {list(noise.values.shape[1:])} an image; make the noise again"
        )


def _data_spec(data: str, manifest: Manifest) -> DataSpec:
    if not data.strip():
        raise BadInput("the data's name is empty; give digits, torchvision:CIFAR10 or a path")
    kept: Any = manifest.spec.get("data", {})
    if not isinstance(kept, dict):
        raise BadInput(f"{THE_NOISE}: data: expected settings, got {kept!r}")
    return validated(DataSpec, {**kept, "source": data}, THE_NOISE)


def _require_related(images: ImageSet, noise: Noise, match: Match, folder: Path) -> None:
    if not len(match.images):
        raise BadInput(
            f"the noise in {folder} belongs to other images: none of the {len(images):,} images of "
            f"{images.name} has noise there (first: {images.ids[0]}); give the images it was made "
            f"for, fingerprint {noise.manifest.fingerprint}"
        )
    if images.shape != noise.values.shape[1:]:
        raise BadInput(
            f"the noise in {folder} is {list(noise.values.shape[1:])} an image, and the images of "
            f"{images.name} are {list(images.shape)}; give the images it was made for"
        )


def made_with(manifest: Manifest) -> dict[str, Any] | None:
    """The settings that stand in for a preset; None if there are none. What is imported has those
    of its images at most."""
    if manifest.method == IMPORTED and manifest.spec:
        return merged(preset(DEFAULT_PRESET), manifest.spec)
    return manifest.spec or None


def noise_settings(manifest: Manifest, usual: NoiseSpec) -> NoiseSpec:
    """What the noise was made with; `usual` with its radius if that is unknown."""
    if manifest.spec and manifest.method != IMPORTED:
        return validated(ExperimentSpec, manifest.spec, THE_NOISE).noise
    own_step = usual.alternating.model_copy(update={"step_size": None})
    return usual.model_copy(update={"radius": manifest.radius, "alternating": own_step})
