"""`evaluate`: what victims learn from images, clean and protected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sem_ray.api.backends import Actors, backend
from sem_ray.api.pairing import noise_settings
from sem_ray.api.settings import (
    OnNotice,
    Settings,
    ignore,
    notices,
    resolve,
    stem_notices,
)
from sem_ray.data import Dataset, load, read_noise
from sem_ray.data.noise.noise import require_made_for
from sem_ray.devices import pick_device
from sem_ray.errors import BadInput
from sem_ray.pipeline import Accuracy, evaluate_noise
from sem_ray.progress import ProgressSink, silent
from sem_ray.spec import ExperimentSpec
from sem_ray.spec.reading import merged, overrides
from sem_ray.store import Store


@dataclass(frozen=True)
class Evaluated:
    """A row for each radius; accuracies are % of the clean test images."""

    accuracies: tuple[Accuracy, ...]
    train_images: int
    test_images: int
    noise: str | None
    """The noise's identity."""
    spec: ExperimentSpec
    notices: tuple[str, ...]


def evaluate(
    data: str | None = None,
    noise: Path | str | None = None,
    radii: Sequence[float] = (),
    *,
    baseline: bool = True,
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
) -> Evaluated:
    """Train a victim of each radius (1/255; 0 is standard training) and test it on clean images.

    With `noise` (a folder that `protect` or `import` made) on protected images too, and then the
    settings it was made with stand in for a preset, where they are known. `baseline` trains on
    clean images as well. `actors` share the work where they are given, to the same figures;
    `stream` is as for `protect`. Raises `BadInput`, `WorkFailed`.
    """
    if noise is None and not baseline:
        raise BadInput("without noise and without a baseline there is nothing to evaluate")
    given = read_noise(Path(noise).absolute()) if noise is not None else None
    manifest = given.manifest if given else None
    spec = resolve(
        data,
        # What is imported has none.
        base=manifest.spec or None if manifest else None,
        preset_name=preset,
        config=config,
        settings=_with_radii(settings, radii),
        limit=limit,
        seed=seed,
    )
    if manifest:
        # The noise that is there, whatever other settings would have made.
        made = noise_settings(manifest, spec.noise)
        spec = spec.model_copy(update={"noise": made})
    pick_device(device)
    artifacts = Store.open(store)
    images = load(spec.data, pixel_cache=artifacts.pixels(stream), sink=sink)
    tested = len(images.require_test())
    if given:
        require_made_for(images.train, given)
    said = _remarks(spec, images, protected=given is not None)
    for remark in said:
        on_notice(remark)
    with backend(device, actors, images.train, images.require_test(), stream=stream) as computing:
        rows = evaluate_noise(
            spec,
            images,
            artifacts,
            given,
            spec.victim.radii,
            baseline=baseline,
            backend=computing,
            sink=sink,
        )
    identity = manifest.identity if manifest else None
    return Evaluated(rows, len(images.train), tested, identity, spec, said)


def _remarks(spec: ExperimentSpec, images: Dataset, *, protected: bool) -> tuple[str, ...]:
    stems = stem_notices(spec, spec.victim.network, images.train.shape)
    return (*notices(spec), *stems) if protected else stems


def _with_radii(settings: Settings, radii: Sequence[float]) -> Settings:
    tree = settings if isinstance(settings, Mapping) else overrides(settings)
    return merged(tree, {"victim": {"radii": list(radii)}}) if radii else tree
