"""A sweep ends once its budget is spent, and goes on with a larger one."""

from __future__ import annotations

from typing import Any

import pytest

from sem_ray.metrics.measurement import Measurement
from sem_ray.pipeline import Backend
from sem_ray.progress import ProgressSink, silent
from sem_ray.rng import numpy_generator
from sem_ray.spec import ExperimentSpec
from sem_ray.store import Store
from sem_ray.studies.definition.study_spec import StudySpec
from sem_ray.studies.journal.storage import load_study
from sem_ray.studies.run.spending.ledger import Ledger
from sem_ray.studies.run.sweep import SweepResult, run_sweep
from tests.studies.fakes import METRIC, Made, instant, measured, study
from tests.studies.run.in_process import InProcess

SEEDS: dict[str, Any] = {"min": 2, "max": 2, "confirm": 0}
WIDE: dict[str, Any] = {
    "search": {"noise.step_size": {"low": 1.0, "high": 9.0}},
    "sampler": {"name": "random"},
    "trials": 40,
    "replicates": SEEDS,
}


def swept(store: Store, spec: StudySpec, experiment: Any = instant) -> SweepResult:
    return run_sweep(spec, store, experiment=experiment, backend=InProcess())


class Costly(Made):
    """A trial that says how many passes it took."""

    def measurements(self, spec: ExperimentSpec) -> tuple[Measurement, ...]:
        counted = {"generation_passes": 100.0, "victim_passes": 10.0}
        passes = [Measurement(name=name, value=v, unit="1") for name, v in counted.items()]
        return (*measured(spec), *passes)


def costly(
    spec: ExperimentSpec, store: Store, *, backend: Backend, sink: ProgressSink = silent
) -> Costly:
    """Trials of one radius share a noise."""
    return Costly(f"noise-{spec.noise.radius:g}")


class Noisy(Made):
    """All settings are alike; seeds are not."""

    def measurements(self, spec: ExperimentSpec) -> tuple[Measurement, ...]:
        size = spec.noise.alternating.step_size
        value = numpy_generator(spec.seed, "run", str(size)).normal(50, 3)
        return measured(spec, **{METRIC: float(value)})


def noisy(
    spec: ExperimentSpec, store: Store, *, backend: Backend, sink: ProgressSink = silent
) -> Noisy:
    return Noisy("noise")


def grid(**changes: Any) -> StudySpec:
    search = {"noise.radius": {"choices": [8, 12]}, "noise.steps": {"low": 1, "high": 4}}
    return study(search=search, sampler={"name": "grid"}, trials=8, **changes)


def test_passes_count_a_shared_noise_once_and_a_larger_budget_goes_on(store: Store) -> None:
    first = swept(store, grid(budget={"passes": 130}), costly)
    assert first.complete == 3, "100 + 10 + 10 + 10 passes"
    assert first.stopped == "the budget of 130 passes is spent" and first.ok
    again = swept(store, grid(budget={"passes": 130}), costly)
    assert (again.complete, again.stopped) == (3, first.stopped)
    last = swept(store, grid(budget={"passes": 10_000}), costly)
    assert (last.complete, last.stopped, last.ok) == (8, None, True)


def test_a_target_is_reached_by_the_mean_over_seeds(store: Store) -> None:
    found = swept(store, grid(budget={"target": 69}, replicates=SEEDS))
    assert found.stopped is not None and "target is reached" in found.stopped
    # 90 - 2·12 + 1 is 67; the grid begins with radius 8, of which none reaches 69.
    assert found.complete < 16 and found.ok


def test_fewer_configurations_than_trials(store: Store) -> None:
    found = swept(store, grid(budget={"configurations": 3}))
    assert (found.complete, found.ok) == (3, True)


def test_hours_are_those_of_one_sweep() -> None:
    now = [100.0]
    ledger = Ledger(grid(budget={"hours": 1}), clock=lambda: now[0])
    assert ledger.exhausted() is None
    now[0] += 3601
    assert ledger.exhausted() == "the budget of 1 hours is spent"


def test_what_trials_took_counts_by_devices_and_failed_ones_too(store: Store) -> None:
    swept(store, grid())
    record = load_study(store, "tiny")
    ledger = Ledger(record.spec, devices=4, noise_bytes=lambda _: 1000)
    trials = record.study.get_trials(deepcopy=False)
    ledger.take_all(trials, record.configurations())
    ledger.take_all(trials, record.configurations())
    spent, seconds = ledger.spent(), sum(trial.user_attrs["seconds"] for trial in trials)
    assert spent.device_hours == pytest.approx(4 * seconds / 3600)
    assert spent.store_bytes == 8 * 1000, "each noise once"


def test_a_search_of_what_differs_by_noise_only_says_that_more_are_unlikely_to_pay(
    store: Store,
) -> None:
    spec = study(**{**WIDE, "trials": 14})
    found = swept(store, spec, noisy)
    assert (found.complete, found.stopped) == (28, None)
    assert found.outlook is not None and "unlikely to pay" in found.outlook


def test_such_a_search_ends_if_the_study_asks_for_that(store: Store) -> None:
    spec = study(**WIDE, budget={"stop_when_unlikely": True})
    found = swept(store, spec, noisy)
    assert 20 <= found.complete < 80 and found.ok
    assert swept(store, spec, noisy).complete == found.complete, "it goes no further next time"


def test_a_grid_has_no_more_configurations_to_speak_of(store: Store) -> None:
    assert swept(store, grid(replicates=SEEDS)).outlook is None
