"""Files and folders appear whole or not at all, and the disk's errors are one line."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from sem_ray.errors import BadInput, DiskFailed
from sem_ray.files import (
    ASIDE,
    atomic_folder,
    folder_aside,
    reason_of,
    remove_abandoned,
    require_space,
    require_writable,
    write_json,
    writing_to,
)

KILLED = """
import sys
from pathlib import Path
from sem_ray.files import atomic_folder
with atomic_folder(Path(sys.argv[1])) as aside:
    (aside / "half").touch()
    print(aside.name, flush=True)
    sys.stdin.read()
"""


def names(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (OSError(28, "No space left on device", "x"), "No space left on device"),
        (OSError("a library's  own text\nand its details"), "a library's own text"),
        (ValueError(""), "ValueError"),
    ],
)
def test_a_reason_is_one_line(error: Exception, line: str) -> None:
    assert reason_of(error) == line


@pytest.mark.parametrize("failure", [BadInput, DiskFailed])
def test_an_error_of_the_disk_names_the_place_and_the_way_out(
    failure: type[BadInput | DiskFailed],
) -> None:
    with pytest.raises(failure) as caught, writing_to("there", "move it", failure):
        raise FileExistsError(17, "File exists")
    assert str(caught.value) == "cannot write to there: File exists; move it"


def test_a_place_is_tried_in_the_nearest_folder_and_nothing_is_left(tmp_path: Path) -> None:
    require_writable(tmp_path / "a" / "b", "go")
    assert names(tmp_path) == set()
    (tmp_path / "file").touch()
    with pytest.raises(BadInput, match=r"cannot write to .*file/below: Not a directory; go"):
        require_writable(tmp_path / "file" / "below", "go")


def test_space_is_required_with_both_numbers(tmp_path: Path) -> None:
    require_space(tmp_path, 1, "one byte", "free some")
    with pytest.raises(
        BadInput, match=r"it needs 1,000,000,000,000\.0 MB in .*/new, .*are free; go"
    ):
        require_space(tmp_path / "new", 10**18, "it", "go")


def test_an_atomic_folder_never_replaces_what_holds_something(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    (target / "mine").write_text("dear")
    with pytest.raises(OSError, match="not empty"), atomic_folder(target) as aside:
        (aside / "text").write_text("new")
    assert names(tmp_path) == {"target"} and names(target) == {"mine"}


def test_write_json_replaces_a_file_whole_and_readable_by_all(tmp_path: Path) -> None:
    file = tmp_path / "victim.json"
    for content in ({"a": 1}, {"b": ["ρ", None, 0.1]}):
        write_json(file, content)
        assert json.loads(file.read_text(encoding="utf-8")) == content
    assert names(tmp_path) == {"victim.json"}
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_write_json_that_fails_keeps_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    file = tmp_path / "victim.json"
    write_json(file, {"a": 1})

    def failing(handle: int) -> None:
        raise error

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(error):
        write_json(file, {"a": 2})
    assert json.loads(file.read_text()) == {"a": 1} and names(tmp_path) == {"victim.json"}


def test_what_a_killed_writer_left_is_removed_by_the_next(tmp_path: Path) -> None:
    target, command = tmp_path / "out", [sys.executable, "-c", KILLED, str(tmp_path / "out")]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        left = process.stdout.readline().strip()
        assert names(tmp_path) == {left} and left.startswith(f".out{ASIDE}")
        remove_abandoned(tmp_path, ".out")
        assert names(tmp_path) == {left}, "its writer lives"
        process.send_signal(signal.SIGKILL)
        process.wait()
    for mine in (".out-mine", ".outside.sem-ray-1"):
        (tmp_path / mine).mkdir()
    with atomic_folder(target) as aside:
        (aside / "whole").touch()
    assert names(tmp_path) == {"out", ".out-mine", ".outside.sem-ray-1"}
    assert names(target) == {"whole"}


def test_a_file_can_be_atomic_in_a_folder_that_is(tmp_path: Path) -> None:
    with atomic_folder(tmp_path / "out") as aside:
        write_json(aside / "file.json", {})
    assert names(tmp_path / "out") == {"file.json"}


def test_writers_at_once_leave_each_other_alone(tmp_path: Path) -> None:
    with folder_aside(tmp_path, ASIDE) as one, folder_aside(tmp_path, ASIDE) as other:
        assert one.is_dir() and other.is_dir()
    assert names(tmp_path) == set()
