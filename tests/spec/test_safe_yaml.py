"""Settings files that mean ill, or are another file: one line, quickly, whatever they hold."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import yaml

from sem_ray.errors import BadInput
from sem_ray.spec.reading import overrides, read_yaml
from sem_ray.spec.safe_yaml import DEEPEST, MOST_CHARACTERS, MOST_VALUES, parse

QUICK = 5.0
"""Seconds, an order of magnitude more than any of these takes."""


def bomb(levels: int, form: str = "[{}, {}, {}]") -> str:
    """An alias bomb: each key names the one before it several times."""
    lines = ["k0: &k0 [x]"]
    lines += [
        f"k{level}: &k{level} " + form.replace("{}", f"*k{level - 1}") for level in range(1, levels)
    ]
    return "\n".join(lines)


HOSTILE = {
    "an alias bomb": (bomb(20), "more than 10,000 values"),
    "a bomb of mappings": (bomb(30, "{x: {}, y: {}}"), "more than 10,000 values"),
    "brackets": ("noise: " + "[" * 3000 + "]" * 3000, "more than 30 levels deep"),
    "blocks": ("\n".join(" " * n + "a:" for n in range(500)), "more than 30 levels deep"),
    "a value in itself": ("noise: &n [*n]", "*n stands inside the value it names"),
    "100,000 choices": ("a: [" + "1, " * 100_000 + "]", "more than 10,000 values"),
    "a long text": ("a: " + "b" * MOST_CHARACTERS, "longer than 1,000,000 characters"),
    "a lone surrogate": ('hypothesis: "\\ud800"', "holds U+D800, which no file can hold"),
    "a surrogate as key": ('"\\udfff": 1', "holds U+DFFF"),
    "a zero byte": ('data: {source: "a\\0b"}', "holds U+0000"),
    "a key twice": ("noise: {steps: 3, radius: 8, steps: 4}", "the key 'steps' is there twice"),
    "a section twice": ("noise: {steps: 3}\nnoise: {radius: 8}", "the key 'noise' is there twice"),
    "a number of 5,000 digits": ("a: " + "1" * 5000, "4300 digits"),
    "no such day": ("a: 2026-13-45", "month must be in 1..12"),
    "no digits": ("a: 0b_", "is not YAML"),
    "an object": ("a: !!python/name:os.system", "could not determine a constructor"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_no_settings_file_holds_is_refused_in_one_line_and_quickly(
    tmp_path: Path, name: str
) -> None:
    text, message = HOSTILE[name]
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    start = time.monotonic()
    with pytest.raises(BadInput) as caught:
        read_yaml(file)
    assert time.monotonic() - start < QUICK
    assert str(caught.value).startswith(str(file)) and message in str(caught.value)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 500


@pytest.mark.parametrize("name", ["brackets", "a lone surrogate", "a number of 5,000 digits"])
def test_a_single_setting_is_read_with_the_same_care(name: str) -> None:
    text = HOSTILE[name][0].partition(": ")[2]
    with pytest.raises(BadInput, match=r"^--set noise\.radius(:| is not YAML:) "):
        overrides([f"noise.radius={text}"])


def test_a_path_deeper_than_any_setting_is_refused() -> None:
    with pytest.raises(BadInput, match="no setting lies 3001 levels deep"):
        overrides(["noise.radius." + "a." * 2998 + "b=1"])


def test_a_key_twice_is_named_with_its_line() -> None:
    with pytest.raises(
        BadInput, match=r"^here: the key 'noise' is there twice; keep one \(line 3, column 1\)$"
    ):
        parse("noise: {steps: 3}\nseed: 1\nnoise: {radius: 8}", "here")


ALLOWED = [
    "a: &x {steps: 3}\nb: {<<: *x, radius: 8}\nc: {<<: *x, steps: 4}",
    "base: &b [1, 2]\nsame: *b\nagain: *b",
    "1: a\n'1': b",
    'text: "ρ, α and \\U0001F600 \\t"',
    "[" * (DEEPEST - 1) + "]" * (DEEPEST - 1),
    f"a: {list(range(MOST_VALUES - 10))}",
    "",
]


@pytest.mark.parametrize("text", ALLOWED, ids=range(len(ALLOWED)))
def test_what_is_within_the_limits_reads_as_it_always_did(text: str) -> None:
    assert parse(text, "here") == yaml.safe_load(text)
