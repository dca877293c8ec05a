"""Whatever of a sweep is killed, it ends with exactly its trials and their results."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from optuna.trial import FrozenTrial, TrialState

from sem_ray.records.connection import URI_VARIABLE
from sem_ray.store import Store
from sem_ray.studies.catching_up import catch_up
from sem_ray.studies.journal import trial_attributes as attributes
from sem_ray.studies.journal.storage import load_study
from sem_ray.studies.run.sweep import run_sweep
from tests.cluster.watching import alive, daemon, family, trial_workers
from tests.studies.mlflow_server import MlflowServer, mlflow_server
from tests.studies.recording.tracked import states
from tests.studies.run.in_process import InProcess
from tests.system.chaos_study import KILLED, KILLS, SECONDS, chaos_study, quick

ROOT = Path(__file__).parents[2]
TRIALS = 16
SEED = 11
"""Of the moments, and of whom they hit where there are several."""


class Victim:
    """A sweep in a process of its own, its Ray and the MLflow server it writes to, all to be
    killed; whatever ended is started again."""

    def __init__(self, store: Store, server: MlflowServer, chance: random.Random) -> None:
        self._store, self._server, self._chance = store, server, chance
        self._log = store.root.parent / "driver.log"
        self._driver: subprocess.Popen[bytes] | None = None
        self.processes: set[int] = set()
        self.ends: list[int] = []

    @property
    def finished(self) -> bool:
        return 0 in self.ends

    def start(self) -> None:
        self._server.wait()
        with self._log.open("wb") as log:
            self._driver = subprocess.Popen(
                [sys.executable, "-m", "tests.system.chaos_study", str(self._store.root)],
                cwd=ROOT,
                env={**os.environ, URI_VARIABLE: self._server.address},
                stdout=log,
                start_new_session=True,
            )

    def until_a_trial_runs(self) -> None:
        """Start the sweep if it does not run, as often as it ends before it has a trial."""
        end = time.monotonic() + 120
        while not self.finished and not self._is_at_work():
            assert time.monotonic() < end, self._log.read_text()
            if self._driver is None or self._ended():
                self.start()
            time.sleep(0.1)

    def _is_at_work(self) -> bool:
        if self._driver is None or self._ended():
            return False
        return bool(trial_workers(self._driver.pid)) and b"running" in self._log.read_bytes()

    def _ended(self) -> bool:
        assert self._driver is not None
        if self._driver.poll() is None:
            self.processes |= family(self._driver.pid)
            return False
        self.ends.append(self._driver.returncode)
        return True

    def kill_driver(self) -> None:
        assert self._driver is not None
        self._driver.kill()
        self._driver.wait()
        self._driver = None

    def kill_worker(self) -> None:
        assert self._driver is not None
        self._kill(self._chance.choice(trial_workers(self._driver.pid) or [0]))

    def kill_raylet(self) -> None:
        assert self._driver is not None
        self._kill(daemon("raylet", self._driver.pid) or 0)

    def kill_server(self) -> None:
        self._server.kill()
        self._server.start()

    def _kill(self, pid: int) -> None:
        if pid:
            os.kill(pid, signal.SIGKILL)

    def to_the_end(self) -> None:
        """Run the same command until it ends well."""
        end = time.monotonic() + 300
        while not self.finished:
            assert time.monotonic() < end, self._log.read_text()
            if self._driver is None or (self._ended() and not self.finished):
                self.start()
            time.sleep(0.2)


def results(store: Store) -> dict[tuple[Any, ...], dict[str, float]]:
    """What each trial measured, by its values and its seed."""
    found = {_run(trial): attributes.metrics_of(trial) for trial in trials(store)}
    assert len(found) == len(trials(store)), "a run is there twice"
    return found


def trials(store: Store) -> list[FrozenTrial]:
    return load_study(store, "chaos").study.trials


def _run(trial: FrozenTrial) -> tuple[Any, ...]:
    return *(trial.params[path] for path in sorted(trial.params)), attributes.seed_of(trial)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_sweep_killed_at_random_moments_ends_as_if_nothing_had_been(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance, store = random.Random(SEED), Store.open(tmp_path / "store")
    with mlflow_server(tmp_path) as server:
        victim = Victim(store, server, chance)
        ways: tuple[Callable[[], None], ...] = (
            victim.kill_worker,
            victim.kill_server,
            victim.kill_driver,
            victim.kill_raylet,
        )
        for number in range(KILLS):
            victim.until_a_trial_runs()
            time.sleep(chance.uniform(0, 1.2 * SECONDS))
            assert not victim.finished, "no trial may end before its share of the kills"
            ways[number % len(ways)]()
            with (store.root / KILLED).open("ab") as killed:
                killed.write(b".")
        victim.to_the_end()
        assert {trial.state for trial in trials(store)} == {TrialState.COMPLETE}
        assert len(trials(store)) == TRIALS
        monkeypatch.setenv(URI_VARIABLE, server.address)
        catch_up(store)  # what the server missed if it was killed at the very end
        configurations = {attributes.configuration_of(trial) for trial in trials(store)}
        assert len(configurations) == TRIALS // 2
        names = ["chaos", *(f"chaos/{number}" for number in range(TRIALS))]
        names += [f"chaos/configuration {number}" for number in configurations]
        assert states(store) == dict.fromkeys(names, "FINISHED")
    monkeypatch.delenv(URI_VARIABLE)
    undisturbed = Store.open(tmp_path / "undisturbed")
    run_sweep(chaos_study(), undisturbed, experiment=quick, backend=InProcess())
    assert results(store) == results(undisturbed)
    assert alive(victim.processes) == [], "something of a killed sweep is still at work"
