"""A fault in a file of settings is told with the line and the column of its innermost key."""

from __future__ import annotations

from pathlib import Path

import pytest

from sem_ray.errors import BadInput
from sem_ray.spec import ExperimentSpec
from sem_ray.spec.origin import Origin, Position
from sem_ray.spec.reading import read_yaml
from sem_ray.spec.safe_yaml import parse_file
from sem_ray.spec.validation import validated

TEXT = """\
# a comment
shared: &usual {steps: 3, radius: 8}
noise:
  <<: *usual
  radius: 9
victim:
  radii: [0, 4]
  list:
  - {a: 1}
"""
POSITIONS = {
    (): (2, 1),
    ("shared",): (2, 1),
    ("noise",): (3, 1),
    ("noise", "steps"): (2, 17),
    ("noise", "radius"): (5, 3),
    ("victim", "radii", "1"): (7, 14),
    ("victim", "list", "0", "a"): (9, 6),
    ("victim", "list", "0", "b"): (9, 5),
    ("victim", "radius"): (6, 1),
    ("nowhere", "at", "all"): (2, 1),
}


@pytest.mark.parametrize("keys", POSITIONS)
def test_a_key_stands_where_it_is_written_or_where_the_innermost_around_it_is(
    keys: tuple[str, ...],
) -> None:
    line, column = POSITIONS[keys]
    assert parse_file(TEXT, "f.yaml").origin.at(keys) == f"f.yaml:{line}:{column}"


def test_a_section_names_its_keys_and_itself() -> None:
    origin = parse_file(TEXT, "f.yaml").origin.within("noise")
    assert str(origin) == "f.yaml: noise"
    fault = origin.fault(("radius",), "is odd")
    assert str(fault) == "f.yaml:5:3: noise: is odd"
    assert (fault.keys, fault.text) == (("radius",), "is odd")


def test_settings_without_a_file_have_a_name_only() -> None:
    assert str(Origin("here").fault(("a",), "is odd")) == "here: is odd"


def test_the_same_settings_in_another_file_are_the_same() -> None:
    assert Origin("a", {(): Position(1, 1)}) == Origin("b")


def test_a_bad_setting_of_a_file_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("seed: 1\nnoise:\n  steps: 3\n  raduis: 8\n")
    tree, origin = read_yaml(file)
    with pytest.raises(BadInput) as caught:
        validated(ExperimentSpec, tree, origin)
    assert str(caught.value) == f"{file}:4:3: unknown key noise.raduis (did you mean radius?)"


def test_what_is_no_yaml_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("seed: 1\nnoise: {steps: 3\n")
    with pytest.raises(BadInput, match=r"mine\.yaml:3:1 is not YAML: while parsing a flow mapping"):
        read_yaml(file)


@pytest.mark.parametrize(("text", "value"), [("1e-3", 0.001), ("-2.5E4", -25000.0), ("1e3", 1000)])
def test_numbers_of_yaml_1_2_are_numbers(text: str, value: float) -> None:
    assert parse_file(f"a: {text}", "f.yaml").value == {"a": value}
    assert parse_file(f"a: '{text}'", "f.yaml").value == {"a": text}
