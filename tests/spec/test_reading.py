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

from sem_ray.errors import BadInput
from sem_ray.spec import ExperimentSpec
from sem_ray.spec.reading import merged, nested, overrides, preset, read_yaml
from sem_ray.spec.validation import validated
from tests.spec.scalars import SCALARS

KEYS = st.sampled_from("abcd")
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


def test_the_last_of_equal_assignments_wins() -> None:
    tree = overrides(["noise.radius=8", "noise.steps=2", "noise.radius=16"])
    assert tree == {"noise": {"radius": 16, "steps": 2}}


@pytest.mark.parametrize("text", ["noise.radius", "=8", " =8", ""])
def test_what_is_no_assignment_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match=r"is not of the form path=value"):
        overrides([text])


@pytest.mark.parametrize("text", ["", "# nothing here\n", "{}", "---\n...\n"])
def test_a_file_without_settings_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "empty.yaml").write_text(text)
    with pytest.raises(BadInput, match=r"empty\.yaml is empty: it holds no settings"):
        read_yaml(tmp_path / "empty.yaml")


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
