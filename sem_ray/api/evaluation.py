"""`evaluate`: what victims learn from images, clean and protected."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
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
from sem_ray.evaluation import Comparison, chance_level, compared
from sem_ray.pipeline import Accuracy, evaluate_noise
from sem_ray.progress import Progress, ProgressSink
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
    chance: float
    """% by naming the commonest class of the test images every time."""
    repeats: tuple[tuple[Accuracy, ...], ...] = ()
    """The same rows with further seeds of the victims."""

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """For each radius: intervals, and whether the noise protects."""
        runs = zip(self.accuracies, *self.repeats, strict=True)
        return tuple(compared(row, self.chance, self.test_images) for row in runs)


def evaluate(
    data: str | None = None,
    noise: Path | str | None = None,
    radii: Sequence[float] = (),
    *,
    baseline: bool = True,
    seeds: int = 1,
    options: RunOptions = RunOptions(),
    **keywords: Unpack[RunKeywords],
) -> Evaluated:
    """Train a victim of each radius (1/255; 0 is standard training) and test it on clean images.

    With `noise` (a folder that `protect` or `import` made) on protected images too, and then the
    settings it was made with stand in for a preset, if they are known. `baseline` trains on clean
    images as well; `seeds` repeats all victims with that many seeds, from the spec's on. `keywords`
    change `options`, whose fields they name. Raises `BadInput`, `WorkFailed`.
    """
    options = options.changed(**keywords)
    if noise is None and not baseline:
        raise BadInput("without noise and without a baseline there is nothing to evaluate")
    if seeds < 1:
        raise BadInput(f"seeds {seeds}: train victims with one seed or more")
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
    test = images.require_test()
    if given:
        require_made_for(images.train, given)
    said = (
        *_notices(spec, images, protected=given is not None),
        *victim_costs(asked, len(images.train), computing_on, options.actors),
    )
    for notice in said:
        options.on_notice(notice)
    with backend(options, spec, images.train, test) as computing:
        runs = tuple(
            evaluate_noise(
                one,
                images,
                artifacts,
                given,
                one.victim.radii,
                baseline=baseline,
                backend=computing,
                sink=told,
            )
            for one, told in _seeded(spec, seeds, options.sink)
        )
    identity = manifest.identity if manifest else None
    return Evaluated(
        accuracies=runs[0],
        train_images=len(images.train),
        test_images=len(test),
        noise=identity,
        spec=spec,
        notices=said,
        chance=chance_level(test),
        repeats=runs[1:],
    )


def _seeded(
    spec: ExperimentSpec, seeds: int, sink: ProgressSink
) -> Iterator[tuple[ExperimentSpec, ProgressSink]]:
    """The experiment with each seed, and who hears of it."""
    yield spec, sink
    for seed in range(spec.seed + 1, spec.seed + seeds):
        yield spec.model_copy(update={"seed": seed}), _naming(sink, seed)


def _naming(sink: ProgressSink, seed: int) -> ProgressSink:
    def naming(progress: Progress) -> None:
        sink(replace(progress, stage=f"{progress.stage}, seed {seed}"))

    return naming


def _notices(spec: ExperimentSpec, images: Dataset, *, protected: bool) -> tuple[str, ...]:
    stems = stem_notices(spec, spec.victim.network, images.train.shape)
    return (*notices(spec), *stems) if protected else stems


def _with_radii(options: RunOptions, radii: Sequence[float]) -> RunOptions:
    if not radii:
        return options
    tree = merged(settings_tree(options), {"victim": {"radii": list(radii)}})
    return options.changed(settings=tree)
