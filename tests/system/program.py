"""The program as a user runs it, with settings that take it a second."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SETTINGS = {
    "data.test_limit": 40,
    "noise.steps": 1,
    "noise.samples": 1,
    "noise.final_steps": 1,
    "surrogate.steps": 2,
    "surrogate.batch": 16,
    "surrogate.attack_steps": 1,
    "victim.steps": 2,
    "victim.batch": 16,
    "victim.attack_steps": 1,
    "victim.evaluations": 1,
    "shards": 2,
}
"""Over the preset `quick`, which has the small network."""


def settings(**changes: Any) -> list[str]:
    """`--set` for `SETTINGS` with changes, as `noise__radius=16`."""
    changed = {path.replace("__", "."): value for path, value in changes.items()}
    values = {**SETTINGS, **changed}.items()
    return [word for path, value in values for word in ("--set", f"{path}={value}")]


def tiny(**changes: Any) -> list[str]:
    """Options that make protect and evaluate take a second on forty digits."""
    return ["--limit", "40", *settings(**changes)]


@dataclass(frozen=True)
class Ran:
    """What one command line did."""

    code: int
    out: str
    err: str

    @property
    def errors(self) -> list[str]:
        return [line for line in self.err.splitlines() if line.startswith("error: ")]

    @property
    def notes(self) -> list[str]:
        return [line for line in self.err.splitlines() if line.startswith("note: ")]

    def json(self) -> dict[str, Any]:
        """The one object on stdout; a second line, or none, is a failure."""
        (line,) = self.out.splitlines()
        found = json.loads(line)
        assert isinstance(found, dict)
        return found


def refused(ran: Ran) -> str:
    """The one line of a command that was told no."""
    assert (ran.code, ran.out) == (2, ""), ran
    assert "Traceback" not in ran.err
    (line,) = ran.errors
    return line


def failed(ran: Ran) -> str:
    """The one line of a command whose work did not finish."""
    assert (ran.code, ran.out) == (1, ""), ran
    assert "Traceback" not in ran.err
    (line,) = ran.errors
    return line


def flip_a_bit(file: Path) -> None:
    """Change the last byte of `file`."""
    content = file.read_bytes()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


def run_program(*words: object, cwd: Path, **variables: str) -> Ran:
    """`sem-ray` in a process of its own, to its end."""
    with start_program(*words, cwd=cwd, **variables) as process:
        out, err = process.communicate(timeout=120)
    return Ran(process.returncode, out, err)


@contextmanager
def start_program(*words: object, cwd: Path, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """`sem-ray` in a process of its own, killed where it outlives the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sem_ray", *map(str, words)],
        cwd=cwd,
        env={**os.environ, "OMP_WAIT_POLICY": "PASSIVE", **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
