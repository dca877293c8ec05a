"""Mistakes in study files as the program tells them: one line, exit 2, before anything starts."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.studies.definition.mistakes import GOOD, MISTAKES
from tests.system.conftest import Command
from tests.system.program import refused, run_program

Tree = Callable[[], set[str]]

SOME = ["a misspelt path", "a key twice", "a grid above the limit", "conditions in a circle"]
SOME += ["pairs that exclude each other", "a metric nobody reports", "a formula that is code"]


@pytest.mark.parametrize("name", SOME)
def test_a_mistake_ends_the_program_with_2_and_its_line(
    here: Path, command: Command, tree: Tree, name: str
) -> None:
    mistake = MISTAKES[name]
    (here / "study.yaml").write_text(GOOD.replace(mistake.old, mistake.new))
    for words in (["--dry-run"], []):
        line = refused(command("sweep", "study.yaml", *words))
        assert re.match(r"error: study\.yaml:\d+:\d+", line) and mistake.told in line
    assert tree() == {"study.yaml"}


WORDS = {
    "resources: {gpus: 64}": r"study\.yaml:12:1: resources: a trial wants .*64 GPU.*ask for less",
    "resources: {cpus: 0.1, actors: {count: 2, cpus: 9000}}": r"study\.yaml:12:1: resources: a tri",
}


@pytest.mark.parametrize("text", WORDS)
def test_what_no_machine_has_is_told_with_its_line(
    here: Path, command: Command, tree: Tree, text: str
) -> None:
    (here / "study.yaml").write_text(f"{GOOD}{text}\n")
    line = refused(command("sweep", "study.yaml", "--dry-run"))
    assert re.search(WORDS[text], line), line
    assert tree() == {"study.yaml"}


def test_a_folder_without_images_is_told_with_its_line(here: Path, command: Command) -> None:
    (here / "images").mkdir()
    (here / "study.yaml").write_text(GOOD.replace("digits", "images"))
    line = refused(command("sweep", "study.yaml", "--dry-run"))
    assert re.search(r"study\.yaml:5:10: data\.source: no images in .*name a folder that", line)


@pytest.mark.parametrize("words", ["--trials 1.5", "--trials many", "--trials 0"])
def test_a_number_of_trials_is_a_whole_one(here: Path, command: Command, words: str) -> None:
    (here / "study.yaml").write_text(GOOD)
    refused(command("sweep", "study.yaml", "--dry-run", *words.split()))


def test_the_program_itself_tells_the_line(here: Path) -> None:
    (here / "study.yaml").write_text(GOOD.replace("victim:", "victm:"))
    line = refused(run_program("sweep", "study.yaml", "--json", cwd=here))
    assert "study.yaml:6:3: base: unknown key victm (did you mean victim?)" in line
