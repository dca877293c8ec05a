"""A stage that experiments share is counted once."""

from __future__ import annotations

from typing import Any

import pytest

from sem_ray.data.sources.extent import Extent
from sem_ray.pipeline.pass_counts import generation_passes, passes_of
from sem_ray.spec import DataSpec, ExperimentSpec
from sem_ray.studies.plan.work import Work, work_of
from tests.samples import tiny_spec
from tests.studies.plan.extents import EXTENT, extent


def work(*changes: dict[str, Any], done: tuple[ExperimentSpec, ...] = ()) -> Work:
    return work_of([tiny_spec(**one) for one in changes], extent, done)


def test_one_experiment_is_a_noise_and_a_victim_on_both_kinds_of_images_a_radius() -> None:
    found = work({})
    assert [found.count(part) for part in ("surrogate", "noise", "protected", "clean")] == [
        *(1, 1, 2, 2)
    ]
    counted = passes_of(tiny_spec(), EXTENT.images)
    assert found.passes("generation") == pytest.approx(counted["generation_passes"])
    assert found.passes("victim") == pytest.approx(2 * counted["victim_passes"])
    assert found.noise_bytes == 20 * 3 * 8 * 8


def test_noises_share_victims_on_clean_images_and_victims_share_noises() -> None:
    assert work({}, {"noise": {"radius": 4}}).count("clean") == 2
    found = work({}, {"victim": {"learning_rate": 0.01}})
    assert (found.count("noise"), found.count("protected", "clean")) == (1, 8)


def test_noises_that_differ_in_the_final_pass_share_a_surrogate() -> None:
    found = work({}, {"noise": {"final_steps": 9}})
    assert (found.count("surrogate"), found.count("noise")) == (1, 2)
    specs = (tiny_spec(), tiny_spec(noise={"final_steps": 9}))
    one, other = (generation_passes(spec, EXTENT.images) for spec in specs)
    assert found.passes("generation") == pytest.approx(one.first + one.rest + other.rest)


def test_another_seed_or_other_images_share_nothing() -> None:
    found = work({}, {"seed": 1}, {"data": {"limit": 10}})
    assert (found.count("noise"), found.count("clean")) == (3, 6)


def test_what_is_there_already_is_no_work() -> None:
    found = work({}, {"noise": {"radius": 4}}, done=(tiny_spec(),))
    assert (found.count("noise"), found.count("protected"), found.count("clean")) == (1, 2, 0)
    assert work({}, done=(tiny_spec(),)) == Work(())


def test_each_set_of_images_has_its_own_extent() -> None:
    sizes = {40: Extent(40, (3, 8, 8), 10), 10: Extent(10, (3, 8, 8), 10)}

    def of(spec: DataSpec) -> Extent:
        return sizes[spec.limit or 40]

    specs = [tiny_spec(data={"limit": limit}) for limit in sizes]
    assert work_of(specs, of).noise_bytes == 50 * 3 * 8 * 8
