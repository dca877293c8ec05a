"""Tab completion is written where it is asked for, and nothing else is changed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from sem_ray.cli.main import run


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_a_script_knows_commands_and_options(tmp_path: Path, home: Path) -> None:
    script = tmp_path / "completion.bash"
    assert run(["--install-completion", "--shell", "bash", "--out", str(script)]) == 0
    text = script.read_text()
    assert "protect" in text and "--gpus-per-actor" in text
    subprocess.run(["bash", "-n", str(script)], check=True)
    assert not home.exists()


def test_a_place_that_cannot_be_written_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    place = str(tmp_path / "file" / "x")
    assert run(["--install-completion", "--shell", "zsh", "--out", place]) == 2
    assert f"error: cannot write to {place}: " in capsys.readouterr().err
