"""The cached stages: what is finished is found, and what is shared is made once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import torch

from sem_ray.checkpoint import Checkpoint
from sem_ray.data import Dataset, ImageSet, read_noise
from sem_ray.errors import BadInput
from sem_ray.methods.generation import Generated
from sem_ray.metrics.measurement import CLEAN_ACCURACY, TEST_ACCURACY
from sem_ray.pipeline import OnDevice, evaluate_noise, metric_names, noise_for
from sem_ray.pipeline.experiment import Outcome
from sem_ray.progress import ProgressSink, silent
from sem_ray.spec import ExperimentSpec
from sem_ray.store import Store
from sem_ray.victims import Victim
from tests.samples import random_images, tiny_spec

TRAIN = random_images(23)
DATA = Dataset(TRAIN, random_images(9, seed=1))


@dataclass
class Counting:
    """This processor, and how often it was asked."""

    inner: OnDevice = field(default_factory=lambda: OnDevice(torch.device("cpu"), None))
    generations: int = 0
    victims: list[float] = field(default_factory=list)

    @property
    def device(self) -> torch.device:
        return self.inner.device

    @property
    def stream(self) -> bool | None:
        return self.inner.stream

    def generate(
        self,
        spec: ExperimentSpec,
        images: ImageSet,
        *,
        sink: ProgressSink = silent,
        checkpoint: Checkpoint | None = None,
    ) -> Generated:
        self.generations += 1
        return self.inner.generate(spec, images, sink=sink, checkpoint=checkpoint)

    def train_victim(
        self,
        spec: ExperimentSpec,
        radius: float,
        train: ImageSet,
        test: ImageSet,
        *,
        sink: ProgressSink = silent,
        checkpoint: Checkpoint | None = None,
    ) -> Victim:
        self.victims.append(radius)
        return self.inner.train_victim(spec, radius, train, test, sink=sink, checkpoint=checkpoint)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "store")


def test_noise_is_made_once_and_shared_by_specs_that_differ_in_the_victim(store: Store) -> None:
    backend = Counting()
    first = noise_for(tiny_spec(), TRAIN, store, backend=backend)
    again = noise_for(tiny_spec(victim={"steps": 9}), TRAIN, store, backend=backend)
    other = noise_for(tiny_spec(noise={"radius": 4}), TRAIN, store, backend=backend)
    assert (first.found, again.found, other.found) == (False, True, False)
    assert first.folder == again.folder != other.folder
    assert backend.generations == 2
    assert read_noise(other.folder).manifest.radius == 4


def evaluated(store: Store, backend: Counting, **changes: Any) -> Outcome:
    """Generate and evaluate, as an experiment does with images that are read from a source."""
    spec = tiny_spec(**changes)
    folder = noise_for(spec, TRAIN, store, backend=backend).folder
    noise = read_noise(folder)
    rows = evaluate_noise(spec, DATA, store, noise, spec.victim.radii, backend=backend)
    return Outcome(noise.manifest.identity, folder, noise.manifest.seconds, rows)


def test_clean_victims_are_shared_by_every_noise(store: Store) -> None:
    backend = Counting()
    one = evaluated(store, backend)
    assert backend.victims == [0, 0, 4, 4]
    other = evaluated(store, backend, noise={"radius": 4})
    assert backend.victims == [0, 0, 4, 4, 0, 4], "clean victims were trained again"
    assert [row.clean for row in one.accuracies] == [row.clean for row in other.accuracies]
    assert evaluated(store, backend).accuracies == one.accuracies
    assert len(backend.victims) == 6


def test_without_noise_or_baseline_the_other_side_alone_is_trained(store: Store) -> None:
    backend, spec = Counting(), tiny_spec()
    (clean,) = evaluate_noise(spec, DATA, store, None, (0,), backend=backend)
    noise = read_noise(noise_for(spec, TRAIN, store, backend=backend).folder)
    (both,) = evaluate_noise(spec, DATA, store, noise, (0,), baseline=False, backend=backend)
    assert clean.clean is not None and clean.protected is None
    assert both.clean is None and both.protected is not None
    assert len(backend.victims) == 2


def test_an_outcome_is_measured_in_full(store: Store) -> None:
    spec = tiny_spec(seed=3)
    made = evaluated(store, Counting(), seed=3).measurements(spec)
    assert tuple(one.key for one in made) == metric_names(spec)
    assert {(one.unit, one.seed) for one in made} == {("%", 3), ("s", 3)}
    radii = [(one.name, one.radius) for one in made if one.unit == "%"]
    assert radii == [(name, r) for name in (TEST_ACCURACY, CLEAN_ACCURACY) for r in (0, 4)]
    assert {one.network for one in made if one.unit == "%"} == {"small"}


def test_a_set_without_test_images_is_refused_before_any_training(store: Store) -> None:
    backend = Counting()
    with pytest.raises(BadInput, match="test"):
        evaluate_noise(tiny_spec(), replace(DATA, test=None), store, None, (0,), backend=backend)
    assert backend.victims == []
