"""From YAML and `--set` to a frozen spec, with errors a person can act on."""

from __future__ import annotations

import copy
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sem_ray.cli.console.study_tables import settings_yaml
from sem_ray.errors import BadInput
from sem_ray.spec import ExperimentSpec
from sem_ray.spec.reading import merged, nested, overrides, parse_yaml, preset, read_yaml
from sem_ray.spec.validation import validated

KEYS = st.sampled_from("abcd")
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text("aρ:#'\"{}[]-,*& ", max_size=6)
)
TREES = st.recursive(
    st.dictionaries(KEYS, SCALARS, max_size=4),
    lambda inner: st.dictionaries(KEYS, SCALARS | inner, max_size=4),
    max_leaves=8,
)
PATHS = st.lists(KEYS, min_size=1, max_size=4).map(".".join)


def at(tree: Any, path: str) -> Any:
    return reduce(lambda branch, key: branch[key], path.split("."), tree)


def leaves(tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in tree.items():
        inner = value if isinstance(value, dict) and value else None
        found |= leaves(inner, f"{prefix}{key}.") if inner else {f"{prefix}{key}": value}
    return found


@given(TREES, TREES)
def test_later_trees_win_and_the_rest_stays(first: dict[str, Any], second: dict[str, Any]) -> None:
    before = copy.deepcopy((first, second))
    result = merged(first, second)
    for path, value in leaves(second).items():
        if value != {}:
            assert at(result, path) == value
    told = leaves(second)
    for path, value in leaves(first).items():
        overruled = any(path == other or path.startswith(f"{other}.") for other in told)
        replaced = any(other.startswith(f"{path}.") for other in told)
        if not overruled and not replaced:
            assert at(result, path) == value
    assert (first, second) == before, "its arguments were changed"


@given(TREES)
def test_nothing_merged_changes_nothing(tree: dict[str, Any]) -> None:
    assert merged(tree) == merged(tree, {}) == merged({}, tree) == merged(tree, tree) == tree


def test_a_change_of_kind_replaces_the_whole_section() -> None:
    flips = {"augmentation": {"kind": "crop_flip", "padding": 2}}
    crops = {"augmentation": {"kind": "resized_crop", "size": 8}}
    assert merged(flips, crops) == crops
    more = merged(flips, {"augmentation": {"kind": "crop_flip", "flip": False}})
    assert more["augmentation"] == {"kind": "crop_flip", "padding": 2, "flip": False}


@given(PATHS, SCALARS)
def test_a_nested_value_lies_at_its_path_alone(path: str, value: Any) -> None:
    tree = nested(path, value)
    assert leaves(tree) == {path: value}


@given(st.dictionaries(PATHS, SCALARS, max_size=4))
def test_assignments_are_their_values_nested_and_merged_in_order(values: dict[str, Any]) -> None:
    written = [
        f"{path}={yaml.safe_dump(value).split(chr(10))[0]}" for path, value in values.items()
    ]
    expected = merged(*(nested(path, value) for path, value in values.items()))
    assert overrides(written) == expected


PARITY: list[tuple[list[Any], tuple[bool, bool]]] = [
    ([], (False, False)),
    ([True], (True, True)),
    ([False], (False, False)),
    ([{"drop_last": True}], (True, False)),
    ([True, {"drop_last": False}], (False, True)),
    ([False, {"augmented_em": True}], (False, True)),
    ([{"drop_last": True}, {"augmented_em": True}], (True, True)),
    ([{"drop_last": True}, True], (True, True)),
    ([True, {"drop_last": False}, False], (False, False)),
    ([True, {"drop_last": False}, {"augmented_em": False}], (False, False)),
]
"""Layers of `noise.parity`, the lowest first, and what they come to: drop_last, augmented_em."""


@pytest.mark.parametrize(("layers", "expected"), PARITY)
def test_parity_is_all_none_or_some_whatever_layers_it_comes_in(
    layers: list[Any], expected: tuple[bool, bool]
) -> None:
    tree = merged(*(nested("noise.parity", layer) for layer in layers))
    written = [
        f"noise.parity={layer}"
        if isinstance(layer, bool)
        else f"noise.parity.{next(iter(layer))}={next(iter(layer.values()))}"
        for layer in layers
    ]
    for given_as in (tree, overrides(written)):
        parity = validated(ExperimentSpec, given_as, "here").noise.parity
        assert (parity.drop_last, parity.augmented_em) == expected


@pytest.mark.parametrize("value", [3, "some", ["drop_last"], None])
def test_what_is_no_parity_is_told_what_it_may_be(value: Any) -> None:
    expected = "here: noise.parity: expected true, false, or a mapping of drop_last, augmented_em"
    with pytest.raises(BadInput) as caught:
        validated(ExperimentSpec, nested("noise.parity", value), "here")
    assert str(caught.value) == f"{expected}, got {value!r}"


def test_the_last_of_equal_assignments_wins() -> None:
    tree = overrides(["noise.radius=8", "noise.steps=2", "noise.radius=16"])
    assert tree == {"noise": {"radius": 16, "steps": 2}}


@pytest.mark.parametrize("text", ["noise.radius", "=8", " =8", ""])
def test_what_is_no_assignment_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match=r"is not of the form path=value"):
        overrides([text])


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


@given(
    st.floats(1, 127),
    st.none() | st.floats(0.01, 255),
    st.lists(st.floats(0, 255), min_size=1, max_size=4),
    st.sampled_from(["digits", "a: b", "#x", "'", '"', "- x", "ρ", "a b" * 40, "{x}", "null", "5"]),
)
def test_a_spec_written_as_yaml_reads_back_the_same(
    radius: float, step: float | None, radii: list[float], source: str
) -> None:
    tree = {
        "data": {"source": source},
        "noise": {"radius": radius, "step_size": step},
        "victim": {"radii": radii},
    }
    spec = ExperimentSpec.model_validate(tree)
    assert validated(ExperimentSpec, parse_yaml(settings_yaml(spec), "best"), "best") == spec


def test_yaml_of_nothing_is_no_settings(tmp_path: Path) -> None:
    (tmp_path / "empty.yaml").write_text("# nothing here\n")
    assert read_yaml(tmp_path / "empty.yaml") == {}


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a: [1", b"- a", b"5", b"a: !!python/name:os.x"])
def test_what_is_no_mapping_in_yaml_is_refused_with_its_file(
    tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "bad.yaml"
    file.write_bytes(content)
    with pytest.raises(BadInput, match=r"bad\.yaml"):
        read_yaml(file)


@pytest.mark.parametrize("name", ["quik", "../presets/quick", "", "quick.yaml"])
def test_an_unknown_preset_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(BadInput, match="known: cifar10, imagenet-subset, quick"):
        preset(name)


def test_specs_are_frozen_and_closed_to_nan() -> None:
    spec = ExperimentSpec()
    with pytest.raises(ValidationError, match="frozen"):
        spec.seed = 1  # type: ignore[misc]
    with pytest.raises(ValidationError, match="finite"):
        ExperimentSpec.model_validate({"surrogate": {"learning_rate": float("nan")}})
