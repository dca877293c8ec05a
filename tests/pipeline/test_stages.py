"""The stages of experiments, by identity: what they share, and what is left to make."""

from __future__ import annotations

from typing import Any

import pytest

from sem_ray.methods import METHODS, noise_identity
from sem_ray.pipeline.stages import Fingerprints, StageCounts, Stages, stages_of
from sem_ray.spec.identity import CLEAN, victim_identity
from tests.pipeline.counting import DATA, TEST, TRAIN
from tests.samples import tiny_spec

IMAGES = Fingerprints.of(DATA)


def stages(**changes: Any) -> Stages:
    return stages_of(tiny_spec(**changes), IMAGES)


def test_the_identities_are_those_of_the_store() -> None:
    spec, found = tiny_spec(), stages()
    assert found.noise == noise_identity(spec, TRAIN.fingerprint)
    clean = victim_identity(spec, TRAIN.fingerprint, TEST.fingerprint, CLEAN, 4)
    assert found.clean[4] == clean and set(found.clean) == set(found.protected) == {0, 4}


@pytest.mark.parametrize("method", ["sem", "rem"])
def test_noises_that_differ_in_the_final_pass_share_the_surrogate(method: str) -> None:
    found = [stages(noise={"method": method, "final_steps": steps}) for steps in (None, 1, 7)]
    assert len({one.surrogate for one in found}) == 1
    assert len({one.noise for one in found}) == 3
    assert StageCounts.of(found) == StageCounts(1, 3, 6, 2)


@pytest.mark.parametrize(
    "changes",
    [
        {"noise": {"steps": 5}},
        {"noise": {"radius": 4}},
        {"noise": {"step_size": 1}},
        {"noise": {"parity": True}},
        {"surrogate": {"steps": 5}},
        {"seed": 1},
        {"shards": 3},
    ],
)
def test_what_training_reads_makes_another_surrogate(changes: dict[str, Any]) -> None:
    assert stages(**changes).surrogate != stages().surrogate


def test_the_surrogate_of_tap_does_not_depend_on_the_attack() -> None:
    tap = {"method": "tap"}
    alike = [
        stages(noise=tap),
        stages(noise={**tap, "radius": 4}),
        stages(noise={**tap, "tap": {"steps": 9, "restarts": 1, "step_size": 2}}),
        stages(noise={**tap, "steps": 9, "em": {"steps": 3}}, surrogate={"radius": 9}),
    ]
    assert len({one.surrogate for one in alike}) == 1
    assert stages(noise={**tap, "tap": {"epochs": 3}}).surrogate != alike[0].surrogate


@pytest.mark.parametrize("method", ["em", "ntga", "shortcut"])
def test_a_method_without_a_training_of_its_own_shares_none(method: str) -> None:
    assert stages(noise={"method": method}).surrogate is None


def test_six_methods_at_three_radii_are_six_generations_and_their_victims() -> None:
    radii = {"radii": [0, 2, 4]}
    trials = [
        stages(noise={"method": method}, victim={**radii, "learning_rate": rate})
        for method in METHODS
        for rate in (0.1, 0.05)
    ]
    assert StageCounts.of(trials) == StageCounts(6, 6, 36, 6)
    assert StageCounts.of(trials).victims == 42


def test_images_that_are_not_read_count_by_what_names_them() -> None:
    here, smaller = tiny_spec(), tiny_spec(data={"limit": 40})
    same = [stages_of(spec, Fingerprints.unread(spec.data)) for spec in (here, here, smaller)]
    assert StageCounts.of(same).generations == 2
