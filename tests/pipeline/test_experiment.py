"""One experiment: both sides of every radius, what they share, and what is measured."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sem_ray.data import read_noise
from sem_ray.errors import BadInput
from sem_ray.metrics.measurement import (
    CLEAN_ACCURACY,
    GENERATION_SECONDS,
    NOISE_L2,
    NOISE_PSNR,
    NOISE_SSIM,
    TEST_ACCURACY,
    VICTIM_SECONDS,
)
from sem_ray.metrics.perceptibility import Perceptibility
from sem_ray.pipeline import Accuracy, evaluate_noise, metric_names, noise_for, run_experiment
from sem_ray.pipeline.experiment import Outcome
from sem_ray.pipeline.pass_counts import passes_of
from sem_ray.spec.reading import merged
from sem_ray.store import Store
from sem_ray.victims import Victim
from tests.pipeline.counting import DATA, TRAIN, Counting
from tests.samples import tiny_spec


def evaluated(store: Store, backend: Counting, **changes: Any) -> Outcome:
    """Generate and evaluate, as an experiment does with images that are read from a source."""
    spec = tiny_spec(**merged({"victim": {"steps": 2}}, changes))
    folder = noise_for(spec, TRAIN, store, backend=backend).folder
    noise = read_noise(folder)
    rows = evaluate_noise(spec, DATA, store, noise, spec.victim.radii, backend=backend)
    return Outcome.of(noise, folder, DATA.train, rows)


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


def victim(accuracy: float, seconds: float) -> Victim:
    return Victim(0, ((1, 99.0), (2, accuracy)), 0.1, seconds)


VISIBLE = Perceptibility(psnr=31, l2=1.5, ssim=0.9)


def test_an_outcome_is_measured_in_full() -> None:
    spec = tiny_spec(seed=3)
    rows = (
        Accuracy(0, victim(90, 2), victim(20, 3)),
        Accuracy(4, victim(80, 4), victim(60, 5)),
    )
    made = Outcome("abc", Path("abc"), 7.5, rows, 20, VISIBLE).measurements(spec)
    counted = passes_of(spec, 20)
    passes = {name: (counted[name], "small" if "victim" in name else None) for name in counted}
    assert [(one.name, one.radius, one.value, one.unit, one.network) for one in made] == [
        (TEST_ACCURACY, 0, 20, "%", "small"),
        (TEST_ACCURACY, 4, 60, "%", "small"),
        (CLEAN_ACCURACY, 0, 90, "%", "small"),
        (CLEAN_ACCURACY, 4, 80, "%", "small"),
        (GENERATION_SECONDS, None, 7.5, "s", None),
        (VICTIM_SECONDS, None, 8, "s", "small"),
        *((name, None, value, "1", network) for name, (value, network) in passes.items()),
        (NOISE_PSNR, None, 31, "dB", None),
        (NOISE_L2, None, 1.5, "1", None),
        (NOISE_SSIM, None, 0.9, "1", None),
    ]
    assert {one.seed for one in made} == {3}
    assert tuple(one.key for one in made) == metric_names(spec)


def test_a_side_that_was_not_asked_for_is_not_measured() -> None:
    rows = (Accuracy(0, victim(90, 2), None), Accuracy(4, None, victim(60, 5)))
    made = Outcome("abc", Path("abc"), 7.5, rows, 20, VISIBLE).measurements(tiny_spec())
    names = [(one.name, one.radius) for one in made if one.unit == "%"]
    assert names == [(TEST_ACCURACY, 4), (CLEAN_ACCURACY, 0)]
    assert [one.value for one in made if one.name == VICTIM_SECONDS] == [5]


def test_a_set_without_test_images_is_refused_before_any_training(store: Store) -> None:
    backend = Counting()
    with pytest.raises(BadInput, match="test"):
        evaluate_noise(tiny_spec(), replace(DATA, test=None), store, None, (0,), backend=backend)
    assert backend.victims == []


def test_an_experiment_from_its_source_is_all_found_the_second_time(store: Store) -> None:
    data = {"source": "digits", "limit": 20, "test_limit": 10}
    spec, backend = tiny_spec(data=data, victim={"radii": [0]}), Counting()
    first = run_experiment(spec, store, backend=backend)
    assert (backend.generations, backend.victims) == (1, [0, 0])
    assert tuple(one.key for one in first.measurements(spec)) == metric_names(spec)
    assert read_noise(first.noise_folder).manifest.identity == first.noise_identity
    assert run_experiment(spec, store, backend=backend) == first
    assert (backend.generations, backend.victims) == (1, [0, 0])
