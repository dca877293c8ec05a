"""`evaluate`: what victims learn from images, clean and protected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Unpack

from sem_ray.api.backends import backend, kind_of_device
from sem_ray.api.cost_notices import victim_costs
from sem_ray.api.pairing import made_with, noise_settings
from sem_ray.api.run_options import RunKeywords, RunOptions
from sem_ray.api.settings import notices, resolve, settings_tree, stem_notices
from sem_ray.data import Dataset, load, read_noise
from sem_ray.data.noise.noise import require_made_for
from sem_ray.devices import settled
from sem_ray.errors import BadInput
from sem_ray.pipeline import Accuracy, evaluate_noise
from sem_ray.spec import ExperimentSpec
from sem_ray.spec.reading import merged
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
    options: RunOptions = RunOptions(),
    **keywords: Unpack[RunKeywords],
) -> Evaluated:
    """Train a victim of each radius (1/255; 0 is standard training) and test it on clean images.

    With `noise` (a folder that `protect` or `import` made) on protected images too, and then the
    settings it was made with stand in for a preset, if they are known. `baseline` trains on clean
    images as well. `keywords` change `options`, whose fields they name. Raises `BadInput`,
    `WorkFailed`.
    """
    options = options.changed(**keywords)
    if noise is None and not baseline:
        raise BadInput("without noise and without a baseline there is nothing to evaluate")
    given = read_noise(Path(noise).absolute()) if noise is not None else None
    manifest = given.manifest if given else None
    base = made_with(manifest) if manifest else None
    spec = resolve(data, _with_radii(options, radii), base)
    if manifest:
        # The noise that is there, whatever other settings would have made.
        made = noise_settings(manifest, spec.noise)
        spec = spec.model_copy(update={"noise": made})
    asked, computing_on = spec, kind_of_device(options.device, options.actors)
    spec = settled(asked, computing_on)
    artifacts = Store.open(options.store)
    images = load(spec.data, pixel_cache=artifacts.pixels(options.stream), sink=options.sink)
    tested = len(images.require_test())
    if given:
        require_made_for(images.train, given)
    said = (
        *_remarks(spec, images, protected=given is not None),
        *victim_costs(asked, len(images.train), computing_on, options.actors),
    )
    for remark in said:
        options.on_notice(remark)
    with backend(options, spec, images.train, images.require_test()) as computing:
        rows = evaluate_noise(
            spec,
            images,
            artifacts,
            given,
            spec.victim.radii,
            baseline=baseline,
            backend=computing,
            sink=options.sink,
        )
    identity = manifest.identity if manifest else None
    return Evaluated(rows, len(images.train), tested, identity, spec, said)


def _remarks(spec: ExperimentSpec, images: Dataset, *, protected: bool) -> tuple[str, ...]:
    stems = stem_notices(spec, spec.victim.network, images.train.shape)
    return (*notices(spec), *stems) if protected else stems


def _with_radii(options: RunOptions, radii: Sequence[float]) -> RunOptions:
    if not radii:
        return options
    tree = merged(settings_tree(options), {"victim": {"radii": list(radii)}})
    return options.changed(settings=tree)
