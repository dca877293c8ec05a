"""`--actors`: the same noise and figures, and mistakes in one line."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sem_ray.data import read_noise
from tests.cluster.watching import alive, daemon, family, members
from tests.system.conftest import Command
from tests.system.program import Ran, refused, start_program, tiny

ACTORS = ["--actors", 2, "--cpus-per-actor", 0.5]


def test_actors_make_the_same_noise_and_victims(here: Path, command: Command) -> None:
    alone, shared = here / "store", here / "shared-store"
    made = command("protect", "digits", *tiny(), "--out", "alone", "--store", alone)
    assert made.code == 0, made.err
    ran = command(
        "protect", "digits", *tiny(), "--out", "shared", "--store", shared, *ACTORS, "--json"
    )
    assert ran.code == 0, ran.err
    assert not ran.json()["reused"]
    noises = [read_noise(here / name) for name in ("alone", "shared")]
    assert (noises[0].values == noises[1].values).all()
    figures = [
        command("evaluate", "digits", *tiny(), "--noise", "alone", *words, "--json").json()
        for words in (["--store", alone], ["--store", shared, *ACTORS])
    ]
    curves = [[row["protected"]["curve"] for row in found["accuracies"]] for found in figures]
    assert curves[0] == curves[1]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--actors", 0], "actors: count"),
        (["--actors", 2, "--cpus-per-actor", 4096], "2 actors of 4096 CPUs and 0 GPUs each, and"),
        (["--address", "127.0.0.1:1"], "say how many with --actors"),
        (["--actors", 2, "--device", "cpu"], "actors have devices of their own"),
        ([*ACTORS[:1], 3, "--cpus-per-actor", 0.1, "--set", "shards=2"], "cannot share 2 shards"),
    ],
)
def test_what_cannot_be_is_refused(
    here: Path, command: Command, words: list[object], line: str
) -> None:
    assert line in refused(command("protect", "digits", *tiny(), "--out", "out", *words))
    assert not (here / "out").exists()


def test_an_address_where_nobody_listens_is_refused(here: Path) -> None:
    words = ["protect", "digits", *tiny(), "--out", "out", "--actors", 2]
    with start_program(*words, "--address", "127.0.0.1:1", cwd=here) as process:
        out, err = process.communicate(timeout=60)
    line = refused(Ran(process.returncode, out, err))
    assert line.startswith("error: no Ray at 127.0.0.1:1: [Errno 111] Connection refused")
    assert not (here / "out").exists()


@pytest.fixture
def at_work(here: Path) -> Iterator[subprocess.Popen[str]]:
    """`protect --actors` in a process of its own, with minutes of work before it."""
    words = ["protect", "digits", *tiny(surrogate__steps=40_000), "--out", "out", *ACTORS]
    with start_program(*words, cwd=here) as process:
        end = time.monotonic() + 120
        while len(members(process.pid)) < 2:
            assert process.poll() is None, process.communicate()[1]
            assert time.monotonic() < end, "it never began"
            time.sleep(0.1)
        yield process


def test_sigterm_ends_with_one_line_and_nothing_left(
    here: Path, store: Path, at_work: subprocess.Popen[str]
) -> None:
    processes = family(at_work.pid)
    at_work.send_signal(signal.SIGTERM)
    _, err = at_work.communicate(timeout=60)
    assert at_work.returncode == 143
    assert re.match(r"terminated; noise is saved at \d+ of 40000 steps, and the same", err), err
    assert len(err.splitlines()) == 1
    assert list((store / "checkpoints").glob("*.safetensors"))
    assert alive(processes) == []


def test_a_killed_raylet_ends_the_work_in_one_line(
    here: Path, at_work: subprocess.Popen[str]
) -> None:
    processes = family(at_work.pid)
    raylet = daemon("raylet", at_work.pid)
    assert raylet is not None
    os.kill(raylet, signal.SIGKILL)
    _, err = at_work.communicate(timeout=60)
    assert at_work.returncode == 1
    assert err.splitlines()[-1].startswith("error: Ray is gone: its raylet at 127.0.0.1:"), err
    assert "Traceback" not in err
    assert alive(processes) == []
