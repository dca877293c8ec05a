"""One experiment, whole: noise, protected images, and a victim on both for every radius."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sem_ray.data import Dataset, ImageSet, Noise, load, protected, read_noise
from sem_ray.devices import settled
from sem_ray.metrics.measurement import (
    CLEAN_ACCURACY,
    GENERATION_SECONDS,
    TEST_ACCURACY,
    VICTIM_PASSES,
    VICTIM_SECONDS,
    Measurement,
    metric_key,
)
from sem_ray.metrics.perceptibility import Perceptibility
from sem_ray.pipeline.backend import Backend
from sem_ray.pipeline.free_first import free_first
from sem_ray.pipeline.noise import noise_for
from sem_ray.pipeline.pass_counts import PASS_COUNTS, passes_of
from sem_ray.pipeline.perceptibility import PERCEPTIBILITY, perceptibility_of, visible
from sem_ray.pipeline.victims import victim_for
from sem_ray.progress import ProgressSink, silent
from sem_ray.spec import ExperimentSpec
from sem_ray.spec.identity import CLEAN
from sem_ray.store import Store
from sem_ray.victims import Victim

SIDES = (TEST_ACCURACY, CLEAN_ACCURACY)


@dataclass(frozen=True)
class Accuracy:
    """Victims of one radius (1/255): trained on clean and on protected images, each None if it was
    not asked for."""

    radius: float
    clean: Victim | None
    protected: Victim | None


@dataclass(frozen=True)
class Outcome:
    """What one experiment gave."""

    noise_identity: str
    noise_folder: Path
    generation_seconds: float
    accuracies: tuple[Accuracy, ...]
    images: int
    """Training images."""
    perceptibility: Perceptibility
    """Of the noise on them."""

    @classmethod
    def of(
        cls, noise: Noise, folder: Path, images: ImageSet, accuracies: tuple[Accuracy, ...]
    ) -> Outcome:
        """What `noise`, kept in `folder`, is on the training images it was made for."""
        return cls(
            noise_identity=noise.manifest.identity,
            noise_folder=folder,
            generation_seconds=noise.manifest.seconds,
            accuracies=accuracies,
            images=len(images),
            perceptibility=perceptibility_of(images, noise),
        )

    def measurements(self, spec: ExperimentSpec) -> tuple[Measurement, ...]:
        """All that was measured with `spec`, in the order of `metric_names`."""
        generation = Measurement(
            name=GENERATION_SECONDS, value=self.generation_seconds, unit="s", seed=spec.seed
        )
        victims = Measurement(
            name=VICTIM_SECONDS,
            value=self._victim_seconds,
            unit="s",
            network=spec.victim.network,
            seed=spec.seed,
        )
        return (
            *self._accuracies(spec),
            generation,
            victims,
            *self._passes(spec),
            *visible(self.perceptibility, spec.seed),
        )

    def _passes(self, spec: ExperimentSpec) -> Iterator[Measurement]:
        counted = passes_of(spec, self.images)
        for name, value in counted.items():
            network = spec.victim.network if name == VICTIM_PASSES else None
            yield Measurement(name=name, value=value, unit="1", network=network, seed=spec.seed)

    @property
    def _victim_seconds(self) -> float:
        """Of the victims on protected images; those on clean ones are shared by many trials."""
        return sum((row.protected.seconds for row in self.accuracies if row.protected), 0.0)

    def _accuracies(self, spec: ExperimentSpec) -> Iterator[Measurement]:
        for name in SIDES:
            for row in self.accuracies:
                victim = row.protected if name == TEST_ACCURACY else row.clean
                if victim is not None:
                    yield Measurement(
                        name=name,
                        value=victim.last,
                        unit="%",
                        radius=row.radius,
                        network=spec.victim.network,
                        seed=spec.seed,
                    )


def metric_names(spec: ExperimentSpec) -> tuple[str, ...]:
    """The keys of what a trial of `spec` measures."""
    accuracies = (metric_key(side, radius) for side in SIDES for radius in spec.victim.radii)
    return (*accuracies, GENERATION_SECONDS, VICTIM_SECONDS, *PASS_COUNTS, *PERCEPTIBILITY)


def run_experiment(
    spec: ExperimentSpec, store: Store, *, backend: Backend, sink: ProgressSink = silent
) -> Outcome:
    """Generate, protect and evaluate as `spec` says; finished parts come from the store."""
    spec = settled(spec, backend.device)
    data = load(spec.data, pixel_cache=store.pixels(backend.stream), sink=sink)
    data.require_test()
    folder = noise_for(spec, data.train, store, backend=backend, sink=sink).folder
    noise = read_noise(folder)
    accuracies = evaluate_noise(
        spec, data, store, noise, spec.victim.radii, backend=backend, sink=sink
    )
    return Outcome.of(noise, folder, data.train, accuracies)


def evaluate_noise(
    spec: ExperimentSpec,
    data: Dataset,
    store: Store,
    noise: Noise | None,
    radii: Sequence[float],
    *,
    baseline: bool = True,
    backend: Backend,
    sink: ProgressSink = silent,
) -> tuple[Accuracy, ...]:
    """Victims on `data` for each radius: on clean images if `baseline`, and on images protected by
    `noise` if there is any. Those that another process is making come last."""
    sides: list[tuple[ImageSet, str]] = [(data.train, CLEAN)] if baseline else []
    if noise is not None:
        sides.append((protected(data.train, noise), noise.name))

    def victim(job: tuple[float, ImageSet, str], store: Store) -> Victim:
        radius, images, name = job
        return victim_for(spec, radius, images, data, store, noise=name, backend=backend, sink=sink)

    jobs = [(radius, *side) for radius in radii for side in sides]
    made = dict(
        zip(((job[0], job[2]) for job in jobs), free_first(jobs, victim, store), strict=True)
    )
    name = noise.name if noise else ""
    return tuple(Accuracy(r, made.get((r, CLEAN)), made.get((r, name))) for r in radii)
