"""What methods declare: where they are found, and which settings they read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from sem_ray.errors import BadInput
from sem_ray.methods import METHODS, Method, method_of
from sem_ray.spec import ExperimentSpec

SURROGATE = tuple(f"surrogate.{name}" for name in ExperimentSpec().surrogate.model_dump())
ATTACK = tuple(f"surrogate.{name}" for name in ("attack_steps", "attack_step_size", "radius"))
ALTERNATING = tuple(f"noise.{name}" for name in ExperimentSpec().noise.alternating.model_dump())
OTHER_PARITY = ("drop_last", "rounded_noise", "bound_gradient")
UNREAD: dict[str, set[str]] = {
    "sem": {"noise.parity.augmented_em", "noise.em", "noise.tap", "noise.shortcut", "noise.ntga"},
    "em": {
        *ALTERNATING,
        *(f"noise.parity.{switch}" for switch in OTHER_PARITY),
        *("noise.tap", "noise.shortcut", "noise.ntga"),
        *ATTACK,
        *(f"surrogate.{name}" for name in ("steps", "schedule", "decay_every", "decay_factor")),
    },
    "tap": {
        *ALTERNATING,
        *("noise.parity", "noise.em", "noise.shortcut", "noise.ntga"),
        *ATTACK,
        *("surrogate.steps", "surrogate.decay_every"),
    },
    "ntga": {
        *ALTERNATING,
        *("noise.parity", "noise.em", "noise.tap", "noise.shortcut"),
        *(path for path in SURROGATE if path != "surrogate.batch"),
    },
}
UNREAD["rem"] = UNREAD["sem"]
UNREAD["shortcut"] = (UNREAD["ntga"] - {"noise.shortcut"}) | {"noise.ntga", "noise.radius"}


def spec_of(name: str) -> ExperimentSpec:
    return ExperimentSpec.model_validate({"noise": {"method": name}})


def method(name: str) -> Method:
    return method_of(spec_of(name))


def paths(tree: Mapping[str, Any], prefix: str = "") -> set[str]:
    found = {f"{prefix}{key}" for key in tree}
    for key, value in tree.items():
        found |= paths(value, f"{prefix}{key}.") if isinstance(value, Mapping) else set()
    return found


@pytest.mark.parametrize("name", METHODS)
def test_a_method_is_found_under_its_own_name(name: str) -> None:
    assert method(name).name == name


@pytest.mark.parametrize("name", METHODS)
def test_what_a_method_reads_is_a_setting_or_a_group(name: str) -> None:
    assert set(method(name).reads) <= paths(ExperimentSpec().model_dump())


@pytest.mark.parametrize("name", METHODS)
def test_what_a_method_does_not_read_follows_from_what_it_reads(name: str) -> None:
    assert set(method(name).unread(spec_of(name))) == UNREAD[name]


def test_an_unknown_method_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(BadInput, match=r"no method 'shortcuts' \(did you mean shortcut\?\)"):
        method("shortcuts")
