"""A driver or a tracking server that dies in the middle loses nothing and doubles nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sem_ray.records.connection import URI_VARIABLE
from sem_ray.store import Store
from sem_ray.studies.catching_up import catch_up
from sem_ray.studies.queries import best, status
from sem_ray.studies.run.sweep import run_sweep
from tests.cluster.watching import daemon
from tests.studies.fakes import instant, study, trials_of
from tests.studies.mlflow_server import mlflow_server
from tests.studies.recording.tracked import states

ROOT = Path(__file__).parents[3]
LISTENING = "0A"
"""A TCP state, as /proc/net/tcp has it."""


pytestmark = pytest.mark.usefixtures("one_ray")


@contextmanager
def driving(store: Store, trials: int, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """A sweep in its own process, process group and Ray."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.studies.driver", str(store.root), str(trials)],
        cwd=ROOT,
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def until(process: subprocess.Popen[str], wanted: str) -> list[str]:
    """The driver's lines up to one that starts so."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line.strip())
        if line.startswith(wanted):
            return lines
    raise AssertionError(f"the driver ended without {wanted!r}: {lines}")


def family(parent: int) -> set[int]:
    """The process and all that descend from it."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            after_name = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        parents[int(folder.name)] = int(after_name[1])
    found = {parent}
    while more := {pid for pid, up in parents.items() if up in found} - found:
        found |= more
    return found


def addresses_listened_on(pids: set[int]) -> set[str]:
    """Local addresses of the processes' listening TCP sockets, in hexadecimal."""
    sockets = {}
    for table in ("tcp", "tcp6"):
        for row in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = row.split()
            if fields[3] == LISTENING:
                sockets[f"socket:[{fields[9]}]"] = fields[1].partition(":")[0]
    held = set()
    for pid in pids:
        try:
            held |= {str(handle.readlink()) for handle in Path(f"/proc/{pid}/fd").iterdir()}
        except OSError:
            continue
    return {address for name, address in sockets.items() if name in held}


def gone(pids: set[int], within: float = 30) -> bool:
    """Whether all have ended, but for Ray's agents: a killed driver's take a minute to notice."""
    end = time.monotonic() + within
    while any(_works(pid) for pid in pids):
        if time.monotonic() > end:
            return False
        time.sleep(0.2)
    return True


def _works(pid: int) -> bool:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return False
    return bool(command) and "Agent" not in command  # a zombie has no command line


def test_a_driver_killed_in_the_middle_is_continued_without_loss_or_doubles(store: Store) -> None:
    with driving(store, 5, HOME=str(store.root)) as killed:
        until(killed, "complete")
        processes = family(killed.pid)
        loopback = {"0100007F", "0000000000000000FFFF00000100007F"}
        assert addresses_listened_on(processes) <= loopback
        killed.send_signal(signal.SIGKILL)
        killed.wait()
    assert gone(processes), "Ray outlived its driver"
    assert not (store.root / ".ray").exists(), "Ray left a token in the home folder"
    left = {row.trial: row for row in status(store, "tiny").rows}
    assert "interrupted" in [row.state for row in left.values()]
    assert best(store, "tiny").trial in left
    assert catch_up(store, ["tiny"])[0].runs > 0
    assert "RUNNING" not in states(store).values()
    rerun = set[int]()
    again = run_sweep(
        study(), store, trials=5, experiment=instant, on_event=lambda e: rerun.update(trials_of(e))
    )
    assert again.ok and again.complete == 5
    assert {row.trial for row in left.values() if row.state == "interrupted"} <= rerun
    assert not {row.trial for row in left.values() if row.state == "complete"} & rerun
    rows = status(store, "tiny").rows
    assert [row.state for row in rows] == ["complete"] * 5
    assert [rows[trial].values for trial in left] == [row.values for row in left.values()]
    assert states(store) == dict.fromkeys(("tiny", *(f"tiny/{i}" for i in range(5))), "FINISHED")


def test_ctrl_c_ends_ray_and_leaves_nothing_running(store: Store) -> None:
    with driving(store, 50) as process:
        until(process, "running 1")
        processes = family(process.pid)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) != 0
    assert gone(processes), "Ray outlived its driver"
    assert {row.state for row in status(store, "tiny").rows} <= {"complete", "interrupted"}
    assert "RUNNING" not in states(store).values()


def test_a_killed_raylet_ends_the_sweep_and_the_same_command_goes_on(store: Store) -> None:
    with driving(store, 50) as process:
        until(process, "running 1")
        raylet = daemon("raylet", process.pid)
        assert raylet is not None
        os.kill(raylet, signal.SIGKILL)
        *_, line = until(process, "error")
        assert process.wait(timeout=60) == 1
    assert line.startswith("error Ray is gone: its raylet at 127.0.0.1:")
    states_left = {row.state for row in status(store, "tiny").rows}
    assert "interrupted" in states_left and states_left <= {"complete", "interrupted"}
    assert run_sweep(study(), store, trials=3, experiment=instant).ok


@pytest.mark.long
def test_a_tracking_server_killed_in_the_middle_does_not_end_the_sweep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store.open(tmp_path / "bare")
    with (
        mlflow_server(tmp_path) as server,
        driving(store, 4, **{URI_VARIABLE: server.address}) as driver,
    ):
        until(driver, "complete")
        server.kill()
        lines = until(driver, "ended")
        assert driver.wait(timeout=60) == 0
    missed, waits = [line for line in lines if line.startswith("warned")]
    assert "the sweep goes on and records it later" in missed
    assert "the study is whole, and its records wait for `sem-ray records sync tiny`" in waits
    assert status(store, "tiny").complete == 4
    assert not (store.root / "mlflow.db").exists()
    monkeypatch.setenv(URI_VARIABLE, server.database)
    assert run_sweep(study(), store, trials=4, experiment=instant).ok
    assert states(store) == dict.fromkeys(("tiny", *(f"tiny/{i}" for i in range(4))), "FINISHED")
