"""A folder and a store of its own for each test, and disks to fill."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from sem_ray.cli import main as cli
from tests.system.program import Ran

Command = Callable[..., Ran]
Disk = Callable[[str], Path]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, and in it the store."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEM_RAY_STORE", str(tmp_path / "store"))
    for variable in ("RAY_ADDRESS", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(variable, raising=False)
    return tmp_path


@pytest.fixture
def store(here: Path) -> Path:
    return here / "store"


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    """A command line in this process, which spares the seconds that importing takes."""

    def run(*words: object) -> Ran:
        capsys.readouterr()
        code = cli.run([str(word) for word in words])
        return Ran(code, *capsys.readouterr())

    return run


@pytest.fixture
def disk(here: Path) -> Iterator[Disk]:
    """Mounts small disks in memory: these tests run as root, whom permissions do not stop."""
    with ExitStack() as mounted:

        def mount(options: str) -> Path:
            place = here / f"disk-{options}"
            place.mkdir()
            command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                pytest.skip(f"this machine lets nobody mount: {done.stderr.strip()}")
            mounted.callback(subprocess.run, ["umount", "--lazy", str(place)], check=True)
            return place

        yield mount


@pytest.fixture
def turn_read_only(disk: Disk) -> Iterator[Callable[[Path], None]]:
    """Turn a disk read-only, as a failing one turns, under whoever is writing to it."""
    with ExitStack() as mounted:

        def turn(place: Path) -> None:
            subprocess.run(["mount", "--bind", str(place), str(place)], check=True)
            mounted.callback(subprocess.run, ["umount", "--lazy", str(place)], check=True)
            subprocess.run(["mount", "-o", "remount,bind,ro", str(place)], check=True)

        yield turn


@pytest.fixture
def tree(here: Path) -> Callable[[], set[str]]:
    """Everything below the current folder but locks and leases, which say nothing about results."""

    def listed() -> set[str]:
        paths = (path.relative_to(here) for path in here.rglob("*"))
        return {str(path) for path in paths if not {"locks", "leases"} & set(path.parts)}

    return listed
