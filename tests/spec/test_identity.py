"""An identity changes with everything that can change the result, and with nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from sem_ray.methods import METHODS as ALL_METHODS
from sem_ray.methods import method_of, noise_identity
from sem_ray.spec import ExperimentSpec
from sem_ray.spec import identity as identities
from sem_ray.spec.identity import CLEAN, victim_identity
from sem_ray.spec.methods import ParitySpec
from sem_ray.spec.reading import merged, nested

Values = dict[str, Any]

BASE: Values = {"augmentation": {"kind": "crop_flip"}}
TRAINING: Values = {
    "network": "small",
    "steps": 77,
    "batch": 77,
    "learning_rate": 0.2,
    "momentum": 0.5,
    "nesterov": True,
    "weight_decay": 0.1,
    "schedule": "cosine",
    "decay_every": 77,
    "decay_factor": 0.5,
    "attack_steps": 3,
    "attack_step_size": 0.7,
}
DATA: Values = {
    "data.source": "elsewhere",
    "data.resize": 77,
    "data.channels": 1,
    "data.classes": 7,
    "data.limit": 77,
    "data.test_limit": 77,
    "data.seed": 7,
}
SHARED: Values = {
    "augmentation.kind": "resized_crop",
    "augmentation.padding": 2,
    "augmentation.flip": False,
    "precision": "float64",
    "compiled": True,
    "shards": 3,
    "seed": 7,
}
NOISE: Values = {
    "noise.radius": 9,
    "noise.steps": 9,
    "noise.step_size": 0.7,
    "noise.samples": 9,
    "noise.perturbation_scale": 0.5,
    "noise.final_steps": 9,
    "noise.method": "rem",
    "noise.noise_phase": "none",
    "noise.surrogate_phase": "none",
    "noise.parity.drop_last": True,
    "noise.parity.rounded_noise": True,
    "noise.parity.bound_gradient": True,
    "surrogate.radius": 3,
    **{f"surrogate.{name}": value for name, value in TRAINING.items()},
}
VICTIM: Values = {
    "victim.evaluations": 3,
    **{f"victim.{name}": value for name, value in TRAINING.items()},
}
RADII: Values = {"victim.radii": [0, 1, 4]}
METHODS: dict[str, Values] = {
    "em": {
        "class_wise": True,
        "train_steps": 7,
        "steps": 7,
        "step_size": 0.7,
        "stop_error": 7.0,
        "loops": 7,
    },
    "tap": {"epochs": 7, "steps": 7, "step_size": 0.7, "restarts": 7},
    "shortcut": {"separation": 7.0, "norm": 7.0},
    "ntga": {"predictor": "cnn", "time": 7.0, "block": 7, "steps": 7, "step_size": 0.7},
}
OWN: Values = {
    "noise.parity.augmented_em": True,
    **{
        f"noise.{method}.{name}": value
        for method, values in METHODS.items()
        for name, value in values.items()
    },
}
"""Settings of one method alone."""
EVERY = {**DATA, **SHARED, **NOISE, **OWN, **VICTIM, **RADII}


def spec(**changes: Any) -> ExperimentSpec:
    return ExperimentSpec.model_validate(merged(BASE, changes))


def changed(path: str) -> ExperimentSpec:
    """The base with another value at `path`, which must be another value."""
    found = ExperimentSpec.model_validate(merged(BASE, nested(path, EVERY[path])))
    assert found != spec()
    return found


def of_noise(wanted: ExperimentSpec, fingerprint: str = "images") -> str:
    return noise_identity(wanted, fingerprint)


def of_victim(
    wanted: ExperimentSpec,
    *,
    train: str = "train",
    test: str = "test",
    noise: str = "noise",
    radius: float = 4,
) -> str:
    return victim_identity(wanted, train, test, noise, radius)


def settings_of(tree: dict[str, Any], prefix: str = "") -> set[str]:
    found: set[str] = set()
    for key, value in tree.items():
        path = f"{prefix}{key}"
        found |= settings_of(value, f"{path}.") if isinstance(value, dict) else {path}
    return found


def test_every_setting_is_spoken_for_here() -> None:
    """Whoever adds a setting says here which identities it belongs to."""
    assert settings_of(spec().model_dump()) == set(EVERY)


@pytest.mark.parametrize("path", [*SHARED, *NOISE])
def test_the_noise_is_other_noise_with_another(path: str) -> None:
    assert of_noise(changed(path)) != of_noise(spec())


@pytest.mark.parametrize("path", OWN)
def test_the_noise_of_a_method_is_other_noise_with_another_setting_of_its_own(path: str) -> None:
    method = "em" if path == "noise.parity.augmented_em" else path.split(".")[1]
    own = merged(nested("noise.method", method), BASE)
    changes = merged(own, nested(path, EVERY[path]))
    found, usual = (ExperimentSpec.model_validate(tree) for tree in (changes, own))
    assert of_noise(found) != of_noise(usual)


def test_noise_made_before_there_were_other_methods_is_found() -> None:
    content = identities.noise_content(spec(), "images", method_of(spec()).reads)["noise"]
    before = ("method", "radius", "steps", "step_size", "samples", "perturbation_scale")
    assert tuple(content) == (*before, "final_steps")


BEFORE_SWITCHES = {
    "sem": "b9381c5751d9c6695848",
    "rem": "1af6ebf250db66fe3079",
    "em": "c6808f11576ab1659d38",
    "tap": "e86741e1c54392398316",
    "ntga": "216cb73647795fb010da",
    "shortcut": "1ecd5568f74ce4af2ac0",
}
"""Of noise made while parity was one setting, and off."""


@pytest.mark.parametrize("method", BEFORE_SWITCHES)
@pytest.mark.parametrize("parity", [False, {}, {"all": False}, None])
def test_noise_made_without_parity_is_found(method: str, parity: Any) -> None:
    given = {"method": method} if parity is None else {"method": method, "parity": parity}
    wanted = ExperimentSpec.model_validate({"noise": given})
    assert of_noise(wanted) == BEFORE_SWITCHES[method]


@pytest.mark.parametrize("method", ALL_METHODS)
@pytest.mark.parametrize("switch", ParitySpec.model_fields)
def test_a_switch_of_parity_enters_if_the_method_reads_it(method: str, switch: str) -> None:
    on, off = (spec(noise={"method": method, "parity": {switch: given}}) for given in (True, False))
    read = f"noise.parity.{switch}" in method_of(on).reads
    assert (of_noise(on) != of_noise(off)) == read


@pytest.mark.parametrize("path", [*DATA, *OWN, *VICTIM, *RADII])
def test_the_noise_stays_the_same_noise_with_another(path: str) -> None:
    assert of_noise(changed(path)) == of_noise(spec())


@pytest.mark.parametrize("path", [*SHARED, *VICTIM])
def test_the_victim_is_another_victim_with_another(path: str) -> None:
    assert of_victim(changed(path)) != of_victim(spec())


@pytest.mark.parametrize("path", [*DATA, *NOISE, *OWN, *RADII])
def test_the_victim_stays_the_same_victim_with_another(path: str) -> None:
    """How its noise was made enters by the noise's own identity."""
    assert of_victim(changed(path)) == of_victim(spec())


def test_images_enter_by_their_fingerprint() -> None:
    assert of_noise(spec(), "other") != of_noise(spec(), "images")
    everything = [of_victim(spec()), of_victim(spec(), train="x"), of_victim(spec(), test="x")]
    assert len(set(everything)) == 3


def test_a_victim_is_its_own_noises_and_radius() -> None:
    found = {of_victim(spec(), noise=n, radius=r) for n in ("a", "b", CLEAN) for r in (0, 2, 4)}
    assert len(found) == 9


def test_a_radius_is_the_same_written_with_or_without_a_dot() -> None:
    assert of_victim(spec(), radius=4) == of_victim(spec(), radius=4.0)
    assert of_noise(spec(noise={"radius": 8})) == of_noise(spec(noise={"radius": 8.0}))


def test_a_default_is_the_same_spelt_out() -> None:
    spelt = ExperimentSpec.model_validate(spec().model_dump(mode="json"))
    assert of_noise(spelt) == of_noise(spec()) and of_victim(spelt) == of_victim(spec())


def test_noise_and_victims_never_share_an_identity() -> None:
    assert identities.identity("noise", 1, {}) != identities.identity("victim", 1, {})


@pytest.mark.parametrize("version", ["GENERATION_VERSION", "VICTIM_VERSION"])
def test_a_new_version_of_the_code_is_a_new_identity(
    monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    before = {of_noise(spec()), of_victim(spec())}
    monkeypatch.setattr(identities, version, 99)
    assert len({of_noise(spec()), of_victim(spec())} & before) == 1


def test_an_identity_is_twenty_hexadecimal_digits_the_same_in_every_process() -> None:
    assert identities.identity("noise", 1, {"b": 1, "a": [0.1, None]}) == (
        identities.identity("noise", 1, {"a": [0.1, None], "b": 1})
    )
    found = of_noise(spec())
    assert len(found) == 20 and int(found, 16) >= 0
