"""One experiment, whole: noise, protected images, and a victim on both for every radius."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sem_ray.data import Dataset, Noise, load, protected, read_noise
from sem_ray.pipeline.backend import Backend
from sem_ray.pipeline.noise import noise_for
from sem_ray.pipeline.victims import victim_for
from sem_ray.progress import ProgressSink, silent
from sem_ray.spec import ExperimentSpec
from sem_ray.spec.identity import CLEAN
from sem_ray.store import Store
from sem_ray.victims import Victim


@dataclass(frozen=True)
class Accuracy:
    """Victims of one radius (1/255): trained on clean and on protected images, each None where it
    was not asked for."""

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

    def metrics(self) -> dict[str, float]:
        """Flat figures by the names of `metric_names`: accuracies in %, times in seconds."""
        figures = {"generation_seconds": self.generation_seconds, "victim_seconds": 0.0}
        for row in self.accuracies:
            if row.protected is not None:
                figures[f"test_accuracy@{row.radius:g}"] = row.protected.last
                figures["victim_seconds"] += row.protected.seconds
            if row.clean is not None:
                figures[f"clean_accuracy@{row.radius:g}"] = row.clean.last
        return figures


def metric_names(spec: ExperimentSpec) -> tuple[str, ...]:
    """The names of the figures a trial of `spec` reports."""
    radii = [f"{radius:g}" for radius in spec.victim.radii]
    return (
        *(f"test_accuracy@{radius}" for radius in radii),
        *(f"clean_accuracy@{radius}" for radius in radii),
        "generation_seconds",
        "victim_seconds",
    )


def run_experiment(
    spec: ExperimentSpec, store: Store, *, backend: Backend, sink: ProgressSink = silent
) -> Outcome:
    """Generate, protect and evaluate as `spec` says; finished parts come from the store."""
    data = load(spec.data, pixel_cache=store.pixels(backend.stream), sink=sink)
    data.require_test()
    folder = noise_for(spec, data.train, store, backend=backend, sink=sink).folder
    noise = read_noise(folder)
    accuracies = evaluate_noise(
        spec, data, store, noise, spec.victim.radii, backend=backend, sink=sink
    )
    return Outcome(noise.manifest.identity, folder, noise.manifest.seconds, accuracies)


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
    `noise` if there is any."""
    shielded = protected(data.train, noise) if noise else None
    rows = []
    for radius in radii:
        clean = guarded = None
        if baseline:
            clean = victim_for(
                spec, radius, data.train, data, store, noise=CLEAN, backend=backend, sink=sink
            )
        if noise and shielded:
            guarded = victim_for(
                spec,
                radius,
                shielded,
                data,
                store,
                noise=noise.name,
                backend=backend,
                sink=sink,
            )
        rows.append(Accuracy(radius, clean, guarded))
    return tuple(rows)
