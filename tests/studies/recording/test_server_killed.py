"""An MLflow server that is killed, hangs and comes back while a sweep goes on."""

from __future__ import annotations

import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest

from sem_ray.records.connection import URI_VARIABLE, connect
from sem_ray.records.names import TRIAL_TAG
from sem_ray.store import Store
from sem_ray.studies.catching_up import catch_up
from sem_ray.studies.events import SweepEvent, TrialEvent
from sem_ray.studies.recording import backlog, writer
from sem_ray.studies.run.sweep import SweepResult, run_sweep
from tests.studies.fakes import METRIC, study
from tests.studies.mlflow_server import MlflowServer, mlflow_server
from tests.studies.recording.slow_trials import slow
from tests.studies.run.in_process import InProcess


def swept(store: Store, trials: int, on_event: Callable[[SweepEvent], None]) -> SweepResult:
    return run_sweep(
        study(trials=trials), store, experiment=slow, backend=InProcess(), on_event=on_event
    )


def require_whole(store: Store, trials: int) -> None:
    """One run a trial, every metric once, and nothing that waits."""
    catch_up(store)
    tracking = connect(store)
    found = tracking.client.search_runs([tracking.experiment], max_results=1000)
    keys = Counter(run.data.tags.get(TRIAL_TAG, "tiny") for run in found)
    assert keys == Counter(["tiny", *(f"tiny/{number}" for number in range(trials))])
    for run in found:
        assert run.info.status == "FINISHED"
        if TRIAL_TAG in run.data.tags:
            assert len(tracking.client.get_metric_history(run.info.run_id, METRIC)) == 1
    assert [one.runs for one in catch_up(store)] == [0]


@pytest.mark.long
@pytest.mark.timeout(900)
def test_ten_kills_cost_no_trial_no_metric_and_no_time(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "PATIENCE", 0.5)
    monkeypatch.setattr(writer, "WATCH_EVERY", 0.0)
    (tmp_path / "server").mkdir()
    with mlflow_server(tmp_path / "server") as server:
        monkeypatch.setenv(URI_VARIABLE, server.address)
        over, kills = threading.Event(), list[float]()
        killer = threading.Thread(target=_kill, args=(server, over, kills))
        killer.start()
        ends: list[float] = []

        def heard(event: SweepEvent) -> None:
            if isinstance(event, TrialEvent) and event.state == "complete":
                ends.append(time.monotonic())
                while event.done == 400 and len(kills) < 10:
                    time.sleep(0.1)

        result = swept(store, 400, heard)
        over.set()
        killer.join()
        assert result.ok and result.lost == 0 and len(kills) == 10
        longest = max(later - sooner for sooner, later in pairwise(ends[:-1]))
        assert longest < 15, "a trial waited for MLflow"
        server.wait()
        require_whole(store, 400)


def _kill(server: MlflowServer, over: threading.Event, kills: list[float]) -> None:
    """Ten times, at moments that nobody chose."""
    draw = random.Random(12)
    while not over.wait(draw.uniform(1, 6)) and len(kills) < 10:
        server.kill()
        kills.append(time.monotonic())
        time.sleep(draw.uniform(0, 2))
        server.start()
        server.wait()


@pytest.mark.timeout(200)
def test_a_server_that_hangs_holds_up_no_trial(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "Backlog", partial(backlog.Backlog, silence=3.0))
    (tmp_path / "server").mkdir()
    with mlflow_server(tmp_path / "server") as server:
        monkeypatch.setenv(URI_VARIABLE, server.address)
        ends: list[float] = []

        def heard(event: SweepEvent) -> None:
            if isinstance(event, TrialEvent) and event.state == "complete":
                ends.append(time.monotonic())
                if event.done == 5:
                    server.signal(signal.SIGSTOP)

        try:
            assert swept(store, 20, heard).ok
        finally:
            server.signal(signal.SIGCONT)
        assert max(b - a for a, b in pairwise(ends)) < 3
        require_whole(store, 20)
