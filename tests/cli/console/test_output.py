"""Words to stderr, results to stdout, one object where JSON was asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sem_ray.cli.console.output import give, plain, print_json, say_error, say_notice
from sem_ray.spec import DataSpec
from sem_ray.victims import Victim
from tests.cli.console.conftest import MakeScreen

VICTIM = Victim(4.0, ((1, 60.0), (2, 50.0)), 0.1, 12.0)


def test_an_error_is_one_line_whatever_is_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    say_error("cannot read [bold]x[/bold] :smile:\n  " + "word " * 60)
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1
    assert err.startswith("error: cannot read [bold]x[/bold] :smile: word word")


def test_a_person_gets_long_lines_broken_between_words(screen: MakeScreen) -> None:
    seen = screen(width=40)
    say_error("word " * 30)
    assert len(seen.lines) > 3 and all(len(line) <= 40 for line in seen.lines)
    assert set(seen.text.split()) == {"error:", "word"}


def test_a_remark_is_a_note_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    say_notice("mind the step")
    assert capsys.readouterr() == ("", "note: mind the step\n")


def test_json_is_one_line_with_what_is_derived_as_well(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"victim": VICTIM, "at": Path("/ρ"), "spec": DataSpec(), "none": [None, (1.5,)]})
    out, err = capsys.readouterr()
    assert out.count("\n") == 1 and err == ""
    found = json.loads(out)
    assert found["victim"]["last"] == 50.0 and found["victim"]["best"] == 60.0
    assert found["victim"]["curve"] == [[1, 60.0], [2, 50.0]]
    assert (found["at"], found["none"]) == ("/ρ", [None, [1.5]])
    assert found["spec"] == DataSpec().model_dump(mode="json")


def test_classes_are_not_taken_for_their_instances() -> None:
    assert plain(5) == 5
    assert plain({1: Path("a")}) == {"1": "a"}


def test_a_result_is_given_in_one_form_only(capsys: pytest.CaptureFixture[str]) -> None:
    give(VICTIM, lambda victim: print("for people", victim.last), as_json=False)
    assert capsys.readouterr().out == "for people 50.0\n"
    give(VICTIM, lambda victim: print("for people", victim.last), as_json=True)
    assert json.loads(capsys.readouterr().out)["last"] == 50.0
