"""`status --watch` as the real program beside a sweep of another process: it follows that to the
end, and Ctrl-C ends it and not the sweep."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sem_ray.progress import Progress
from sem_ray.store import Store
from sem_ray.studies.journal.live import LiveWriter
from sem_ray.studies.journal.storage import is_running, sweeping
from tests.studies.run.queue_driver import Sweep
from tests.system.conftest import Command

FIRST = "trials 0 of up to 2"


def watching(store: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "sem_ray", "status", "tiny", "--watch", "--store", str(store)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def until(process: subprocess.Popen[str], wanted: str) -> None:
    """Read what it says up to a line that holds `wanted`."""
    assert process.stderr is not None
    assert any(wanted in line for line in process.stderr), f"it never said {wanted}"


def test_it_follows_a_sweep_to_its_end(store: Path) -> None:
    sweep = Sweep(Store.open(store), target=2)
    live = LiveWriter(sweep.record.folder, every=0)
    with sweeping(Store.open(store), "tiny"):
        request = sweep.take()
        live.begin(request.trial)
        live.watch(request.trial, Progress("noise", 1, 2))
        process = watching(store)
        until(process, FIRST)
        sweep.finish(request)
        until(process, "trials 1 of up to 2")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert out.startswith("study tiny: minimize test_accuracy_at_4")
    assert "\x1b" not in out


def test_ctrl_c_ends_the_watching_and_leaves_the_sweep(store: Path) -> None:
    place = Store.open(store)
    sweep = Sweep(place, target=2)
    with sweeping(place, "tiny"):
        process = watching(store)
        until(process, FIRST)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 130, err
        assert "Traceback" not in err and is_running(place, "tiny")
        sweep.finish(sweep.take())
    assert sweep.states() == ["COMPLETE"]


@pytest.mark.parametrize("study", ["tiny", "none"])
def test_a_study_that_nobody_sweeps_is_not_waited_for(
    store: Path, command: Command, study: str
) -> None:
    Sweep(Store.open(store), target=2)
    told = command("status", study, "--watch")
    assert told.code == (0 if study == "tiny" else 2)
    assert ("not running" if study == "tiny" else "no study 'none'") in told.err
