"""Settings become a frozen spec, or one line that says what is wrong, where, and what was meant."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sem_ray.errors import BadInput
from sem_ray.spec import ExperimentSpec
from sem_ray.spec.methods import AlternatingSpec, ParitySpec
from sem_ray.spec.reading import nested, parse_yaml
from sem_ray.spec.validation import validated
from tests.spec.scalars import SCALARS

SECTIONS = ("data", "augmentation", "noise", "surrogate", "victim", "seed")
FIELDS = ("radius", "raduis", "radii", "kind", "steps", "source", "crop_flip", "", "a.b")
NAMES = st.sampled_from([*SECTIONS, *FIELDS])
WRONG = st.recursive(
    SCALARS | st.sampled_from([float("nan"), "crop_flip", "resized_crop", -1]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(NAMES, WRONG, max_size=3))
def test_any_tree_is_a_spec_or_bad_input_that_names_its_place(tree: dict[str, Any]) -> None:
    try:
        validated(ExperimentSpec, tree, "here")
    except BadInput as error:
        assert str(error).startswith("here: ")


MISSPELT = {
    "noise.raduis": "unknown key noise.raduis (did you mean radius?)",
    "surogate.radius": "unknown key surogate (did you mean surrogate?)",
    "surrogate.raduis": "unknown key surrogate.raduis (did you mean radius?)",
    "noise.attack_step": "unknown key noise.attack_step (did you mean surrogate.attack_steps?)",
    "momentun": "unknown key momentun (did you mean surrogate.momentum?)",
    "noise.parity.drop_lst": "unknown key noise.parity.drop_lst (did you mean drop_last?)",
    "noise.zzz": "unknown key noise.zzz; known: method, radius, steps, step_size, samples, "
    "perturbation_scale, final_steps, "
    "noise_phase, surrogate_phase, parity, em, tap, shortcut, ntga",
}


@pytest.mark.parametrize("path", MISSPELT)
def test_a_misspelt_key_is_named_with_the_nearest(path: str) -> None:
    with pytest.raises(BadInput) as caught:
        validated(ExperimentSpec, nested(path, 1), "here")
    assert str(caught.value) == f"here: {MISSPELT[path]}"


def test_the_known_names_of_a_union_are_those_of_its_kind() -> None:
    tree = {"augmentation": {"kind": "resized_crop", "scal": 1}}
    with pytest.raises(BadInput, match=r"augmentation\.scal \(did you mean scale\?\)"):
        validated(ExperimentSpec, tree, "here")


def test_a_section_without_its_kind_is_told_to_have_one() -> None:
    with pytest.raises(BadInput, match=r"^here: augmentation: needs a `kind`"):
        validated(ExperimentSpec, {"augmentation": {"padding": 2}}, "here")


def test_several_faults_are_counted_once_each() -> None:
    with pytest.raises(BadInput, match=r"noise.radius: .* got 0 \(and 2 more\)$"):
        validated(ExperimentSpec, {"noise": {"radius": 0, "steps": 0, "samples": 0}}, "here")


@pytest.mark.parametrize("value", [3, "some", ["drop_last"], None])
def test_what_is_no_parity_is_told_what_it_may_be(value: Any) -> None:
    switches = ", ".join(ParitySpec.model_fields)
    expected = f"here: noise.parity: expected true, false, or a mapping of {switches}"
    with pytest.raises(BadInput) as caught:
        validated(ExperimentSpec, nested("noise.parity", value), "here")
    assert str(caught.value) == f"{expected}, got {value!r}"


def test_the_alternating_settings_are_a_group_that_is_written_without_a_name() -> None:
    spec = validated(ExperimentSpec, nested("noise.steps", 3), "here")
    assert spec.noise.alternating == AlternatingSpec(steps=3)
    written = spec.model_dump()["noise"]
    assert written["steps"] == 3 and "alternating" not in written
    assert validated(ExperimentSpec, {"noise": written}, "here") == spec


def test_there_is_one_spelling_of_them() -> None:
    expected = "here: noise: unknown key alternating; write its settings directly under noise, as"
    with pytest.raises(BadInput, match=expected):
        validated(ExperimentSpec, nested("noise.alternating.steps", 3), "here")


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        ({"noise": {"radius": True}}, "noise.radius"),
        ({"noise": {"steps": True}}, "noise.steps"),
        ({"augmentation": {"kind": "resized_crop", "scale": [1.0, 0.1]}}, "comes first"),
        ({"augmentation": {"kind": "resized_crop", "ratio": [0, 1]}}, "ratio"),
    ],
)
def test_numbers_that_are_none_and_bounds_the_wrong_way_round_are_refused(
    tree: dict[str, Any], said: str
) -> None:
    with pytest.raises(BadInput, match=said):
        validated(ExperimentSpec, tree, "a test")


def test_numbers_that_yaml_takes_for_text_are_numbers() -> None:
    tree = parse_yaml("victim: {learning_rate: 1e-3}", "a test")
    assert validated(ExperimentSpec, tree, "a test").victim.learning_rate == 0.001


def test_specs_are_frozen_and_closed_to_nan() -> None:
    spec = ExperimentSpec()
    with pytest.raises(ValidationError, match="frozen"):
        spec.seed = 1  # type: ignore[misc]
    with pytest.raises(ValidationError, match="finite"):
        ExperimentSpec.model_validate({"surrogate": {"learning_rate": float("nan")}})
