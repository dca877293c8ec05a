"""Killed, interrupted or doubled at any moment: nothing half-made, nothing made twice."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path

from sem_ray.checkpoint import read
from sem_ray.data import read_noise
from tests.system.conftest import Command
from tests.system.program import Ran, start_program, tiny

SECONDS_OF_WORK = tiny(surrogate__steps=40)
MINUTES_OF_WORK = tiny(surrogate__steps=4000)


def until_generating(process: subprocess.Popen[str], store: Path, settle: float = 0.3) -> None:
    """Wait until the noise's lease is held, and `settle` seconds more."""
    end = time.monotonic() + 60
    while not list((store / "leases").glob("noise-*")):
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


def interrupted(here: Path, store: Path, number: signal.Signals, settle: float) -> Ran:
    """A generation of minutes that is sent a signal `settle` seconds after it began."""
    words = ["protect", "digits", *MINUTES_OF_WORK, "--out", "out", "--json"]
    with start_program(*words, cwd=here) as process:
        until_generating(process, store, settle)
        process.send_signal(number)
        return ended(process)


def saved_at(here: Path, store: Path, number: signal.Signals, code: int, word: str) -> int:
    """The step at which an interrupted generation says that it is saved."""
    # Before its first step there is nothing to save; and an interrupt that meets native code in the
    # middle of an import, as torch makes some late, ends the process there and then.
    for settle in (6, 18, 40):
        ran = interrupted(here, store, number, settle)
        assert (ran.code, ran.out) == (code, "")
        (line,) = ran.err.splitlines()
        if "what was finished is kept" not in line:
            break
    said = (
        rf"{word}; noise is saved at (\d+) of 4000 steps, and the same command goes on from there"
    )
    told = re.fullmatch(said, line)
    assert told, line
    return int(told.group(1))


def test_an_interrupt_saves_the_work_and_the_same_command_goes_on(here: Path, store: Path) -> None:
    first = saved_at(here, store, signal.SIGINT, 130, "interrupted")
    (file,) = (store / "checkpoints").glob("*.safetensors")
    assert read(file)[1]["done"] == first >= 1
    assert saved_at(here, store, signal.SIGTERM, 143, "terminated") > first
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
