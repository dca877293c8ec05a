"""Every command says how it is used, with examples that the program takes."""

from __future__ import annotations

import inspect
import re
import shlex

import pytest

from sem_ray.cli.commands import app
from sem_ray.cli.options import PlaceOptions, SettingOptions

COMMANDS = [name for name in app if not name.startswith("-")]
EXAMPLE = re.compile(r"^ *sem-ray (.+)$", re.MULTILINE)


def examples(name: str) -> list[list[str]]:
    text = inspect.getdoc(app[name].default_command) or app[name].help
    return [shlex.split(words) for words in EXAMPLE.findall(text)]


@pytest.mark.parametrize("name", [*COMMANDS, "--install-completion"])
def test_every_command_has_examples_that_parse(name: str) -> None:
    found = examples(name)
    assert any(words[0] == name for words in found)
    for words in found:
        app.parse_args(words, exit_on_error=False, print_error=False)


def test_the_first_page_has_examples_that_parse() -> None:
    found = [shlex.split(words) for words in EXAMPLE.findall(app.help)]
    assert len(found) > 5
    for words in found:
        assert words[0] == "COMMAND" or app.parse_args(words, exit_on_error=False)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_is_for_people_and_goes_to_stdout(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    app([name, "--help"], result_action="return_value")
    out, err = capsys.readouterr()
    assert f"Usage: sem-ray {name}" in out and f"sem-ray {name} " in out and err == ""


def test_options_are_parsed_into_the_values_that_runs_take() -> None:
    words = ["protect", "digits", "--out", "o", "--set", "noise.radius=8", "--actors", "2"]
    _, bound, _ = app.parse_args(words, exit_on_error=False)
    assert bound.arguments["settings"] == SettingOptions(set_=("noise.radius=8",))
    assert bound.arguments["place"] == PlaceOptions(actors=2)
