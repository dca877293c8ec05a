"""Tests lie where the code they are about does, and no test file is another's library."""

from __future__ import annotations

import ast
from pathlib import Path

TESTS = Path(__file__).parent
CODE = TESTS.parent / "sem_ray"
OF_NO_FOLDER = {"benchmarks", "system"}
"""Tests of `benchmarks/`, and of the whole program."""


def packages(root: Path) -> set[str]:
    files = root.rglob("__init__.py")
    return {file.parent.relative_to(root).as_posix() for file in files}


def imported(file: Path) -> set[str]:
    """The modules that a file imports from, and what it imports from them."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
        elif isinstance(node, ast.Import):
            names |= {name.name for name in node.names}
    return names


def test_every_folder_of_code_has_a_folder_of_tests_and_the_other_way_round() -> None:
    assert packages(TESTS) - OF_NO_FOLDER == packages(CODE)


def test_every_folder_of_tests_holds_tests() -> None:
    empty = {name for name in packages(TESTS) if not any((TESTS / name).rglob("test_*.py"))}
    assert empty == set()


def test_what_tests_share_lies_in_files_that_are_no_tests() -> None:
    files = {
        ".".join(file.relative_to(TESTS.parent).with_suffix("").parts): file
        for file in TESTS.rglob("*.py")
    }
    tests = {name for name, file in files.items() if file.name.startswith("test_")}
    shared = {name: imported(file) & tests for name, file in files.items()}
    assert {name: found for name, found in shared.items() if found} == {}
