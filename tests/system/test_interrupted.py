"""Killed, interrupted or doubled at any moment: nothing half-made, nothing made twice."""

from __future__ import annotations

import signal
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path

from sem_ray.data import read_noise
from tests.system.conftest import Command
from tests.system.program import Ran, start_program, tiny

SECONDS_OF_WORK = tiny(surrogate__steps=40)


MINUTES_OF_WORK = tiny(surrogate__steps=4000)
IMPORTS = 4.0
"""Seconds into a generation after which torch has imported what its first steps use. An interrupt
that meets native code in the middle of an import ends the process there and then."""


def until_generating(process: subprocess.Popen[str], store: Path, settle: float = 0.3) -> None:
    """Wait until the noise's lock is held, and `settle` seconds more."""
    end = time.monotonic() + 60
    while not list((store / "locks").glob("noise-*")):
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < end, "it never began"
        time.sleep(0.02)
    time.sleep(settle)
    assert process.poll() is None, "it was too fast to be interrupted"


def ended(process: subprocess.Popen[str]) -> Ran:
    out, err = process.communicate(timeout=120)
    return Ran(process.returncode, out, err)


def test_killed_in_the_middle_leaves_no_artifact_and_running_again_finishes(
    here: Path, store: Path, command: Command
) -> None:
    words = ["protect", "digits", *SECONDS_OF_WORK, "--out", "out"]
    with start_program(*words, cwd=here) as process:
        until_generating(process, store)
        process.send_signal(signal.SIGKILL)
        assert ended(process).code == -signal.SIGKILL
    assert not (here / "out").exists()
    assert not (store / "noise").exists()
    again = command(*words, "--json")
    assert again.code == 0 and not again.json()["reused"]
    assert read_noise(here / "out").manifest.identity == again.json()["identity"]


def test_ctrl_c_ends_with_130_and_one_line(here: Path, store: Path) -> None:
    with start_program(
        "protect", "digits", *MINUTES_OF_WORK, "--out", "out", "--json", cwd=here
    ) as process:
        until_generating(process, store, IMPORTS)
        process.send_signal(signal.SIGINT)
        ran = ended(process)
    assert ran.code == 130 and ran.out == ""
    (line,) = ran.err.splitlines()
    assert line.startswith("interrupted; ")
    assert not (here / "out").exists() and not (store / "noise").exists()


def test_two_at_once_make_the_same_noise_once(here: Path) -> None:
    words = ["protect", "digits", *SECONDS_OF_WORK, "--out", "out", "--json"]
    with ExitStack() as both:
        started = [both.enter_context(start_program(*words, cwd=here)) for _ in range(2)]
        ran = [ended(process) for process in started]
    assert [one.code for one in ran] == [0, 0], ran
    first, second = sorted((one.json() for one in ran), key=lambda found: bool(found["reused"]))
    assert second == {**first, "reused": True} and not first["reused"]
    assert sum("noise: 40 steps done" in one.err for one in ran) == 1
    assert read_noise(here / "out").manifest.identity == first["identity"]


def test_what_a_killed_publisher_left_in_an_existing_folder_is_ours_to_finish(
    here: Path, command: Command
) -> None:
    out = here / "out"
    (out / ".sem-ray-left").mkdir(parents=True)
    (out / ".sem-ray-left" / "manifest.json").write_text("{")
    (out / "noise.safetensors").write_bytes(b"torn")
    assert command("protect", "digits", *tiny(), "--out", "out").code == 0
    assert read_noise(out).ids and not list(out.glob(".*"))
