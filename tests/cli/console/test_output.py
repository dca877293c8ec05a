"""Words to stderr, results to stdout, one object where JSON was asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sem_ray.cli.console.output import (
    PIPED_WIDTH,
    give,
    plain,
    print_json,
    program,
    say_error,
    say_notice,
    stdout,
    write_out,
)
from sem_ray.errors import BadInput
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


def test_what_strangers_wrote_cannot_act_on_the_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    say_notice("first: \x1b[2J\x9b31m\u202egpj.exe")
    say_error("a\nb\x1b]0;mine\x07 \udcff")
    one, other = capsys.readouterr().err.splitlines()
    assert one == r"note: first: \x1b[2J\x9b31m\u202egpj.exe"
    assert other == r"error: a b\x1b]0;mine\x07 \udcff"


def test_an_error_that_quotes_much_keeps_its_beginning_and_its_end(
    capsys: pytest.CaptureFixture[str],
) -> None:
    say_error("place: " + "x" * 100_000 + "; take fewer")
    err = capsys.readouterr().err
    assert err.startswith("error: place: x") and err.endswith("x; take fewer\n")
    assert len(err) < 2100


def test_a_result_in_a_file_is_whole_or_not_there(tmp_path: Path) -> None:
    file = tmp_path / "best.yaml"
    write_out(file, "noise: {radius: 8}")
    write_out(file, "noise: {radius: 9}")
    assert file.read_text() == "noise: {radius: 9}\n"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("name", [".", "file/inside.yaml"])
def test_a_file_that_cannot_be_written_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BadInput, match=r"cannot write to .*; name another"):
        write_out(tmp_path / name, "noise: {radius: 8}")
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


@pytest.mark.parametrize(
    ("there", "called", "expected"),
    [
        (True, ".venv/bin/sem-ray", "sem-ray"),
        (False, ".venv/bin/sem-ray", ".venv/bin/sem-ray"),
        (False, "/somewhere/sem_ray/__main__.py", "python -m sem_ray"),
    ],
)
def test_a_command_to_copy_is_one_that_the_shell_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool, called: str, expected: str
) -> None:
    if there:
        (tmp_path / "sem-ray").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.argv", [called])
    assert program() == expected


def test_a_file_gets_wide_tables() -> None:
    assert stdout.width == PIPED_WIDTH > 200
