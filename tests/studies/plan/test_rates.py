"""Rates of earlier trials, and of those that are missing."""

from __future__ import annotations

from typing import Any

import pytest
from optuna.trial import FrozenTrial, TrialState, create_trial

from sem_ray.errors import BadInput
from sem_ray.metrics.measurement import GENERATION_SECONDS, VICTIM_SECONDS, Measurement
from sem_ray.pipeline.pass_counts import passes_of
from sem_ray.spec import DataSpec
from sem_ray.studies.journal import trial_attributes as attributes
from sem_ray.studies.plan.rates import Rate, recorded, with_measured
from sem_ray.studies.plan.work import kind_of, kinds, work_of
from tests.samples import tiny_spec
from tests.studies.plan.extents import EXTENT, extent

HERE = "a processor"
COUNTED = passes_of(tiny_spec(), EXTENT.images)
NOISE, VICTIM = (kind_of(tiny_spec(), EXTENT, role) for role in ("generation", "victim"))


def finished(noise: str, generation: float, victims: float, **facts: Any) -> FrozenTrial:
    """A trial that took so many seconds for each pass over an image."""
    spec = tiny_spec()
    seconds = {
        GENERATION_SECONDS: generation * COUNTED["generation_passes"] * EXTENT.images,
        VICTIM_SECONDS: victims * COUNTED["victim_passes"] * EXTENT.images,
    }
    found = [Measurement(name=name, value=value, unit="s") for name, value in seconds.items()]
    return create_trial(
        state=TrialState.COMPLETE,
        value=1.0,
        user_attrs={
            attributes.SPEC: spec.model_dump_json(),
            attributes.MEASUREMENTS: [one.model_dump() for one in found],
            attributes.NOISE: noise,
            attributes.MACHINE: HERE,
            **facts,
        },
    )


def test_rates_are_medians_of_earlier_trials_and_a_shared_noise_counts_once() -> None:
    trials = [finished("a", 1, 4), finished("a", 50, 5), finished("b", 3, 9)]
    found = recorded(trials, HERE, extent)
    assert found[NOISE].seconds == pytest.approx(2) and found[NOISE].trials == 2
    assert found[VICTIM].seconds == pytest.approx(5) and found[VICTIM].trials == 3
    assert {rate.source for rate in found.values()} == {"recorded"}


def test_other_machines_and_trials_that_are_not_finished_tell_nothing() -> None:
    elsewhere = finished("a", 1, 1, **{attributes.MACHINE: "another"})
    running = create_trial(state=TrialState.RUNNING)
    assert recorded([elsewhere, running], HERE, extent) == {}


def test_a_trial_whose_images_are_gone_tells_nothing() -> None:
    def gone(spec: DataSpec) -> Any:
        raise BadInput("no such folder")

    assert recorded([finished("a", 1, 1)], HERE, gone) == {}


def test_only_what_is_missing_is_measured() -> None:
    stages = kinds(work_of([tiny_spec()], extent).stages)
    known = {NOISE: Rate(NOISE, 1.0, "recorded", HERE, 1)}
    found = with_measured(known, stages, lambda _: 7.0, HERE)
    assert found == {**known, VICTIM: Rate(VICTIM, 7.0, "measured", HERE)}
    assert "measured now" in str(found[VICTIM]) and "1 earlier trial" in str(found[NOISE])
