"""MLflow brought in line by hand, and what it then holds: the same, row by row."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sem_ray.errors import BadInput
from sem_ray.records.connection import URI_VARIABLE, connect
from sem_ray.records.names import BEST_TAG, LEVEL_TAG, PARENT_TAG, SEEDS_TAG
from sem_ray.store import Store
from sem_ray.studies.catching_up import CaughtUp, catch_up
from sem_ray.studies.journal.storage import sweeping
from sem_ray.studies.queries import best, status
from sem_ray.studies.recording import writer
from sem_ray.studies.run.sweep import run_sweep
from tests.records.schema import OpenStore
from tests.studies import fakes
from tests.studies.fakes import METRIC, study
from tests.studies.recording.tracked import client, runs
from tests.studies.run.in_process import InProcess

SEVERAL = {"min": 2, "max": 3, "confirm": 1}


def swept(store: Store, **changes: Any) -> None:
    result = run_sweep(
        study(**changes), store, trials=4, experiment=fakes.instant, backend=InProcess()
    )
    assert result.ok


def everything(store: Store) -> dict[str, Any]:
    """All that MLflow holds, by key, without the ids that it gave."""
    found = runs(store)
    names = {run.info.run_id: key for key, run in found.items()}
    return {
        key: {
            "state": (run.info.status, run.info.start_time, run.info.end_time),
            "params": run.data.params,
            "tags": {name: names.get(value, value) for name, value in run.data.tags.items()},
            "curves": {name: curve(store, run.info.run_id, name) for name in run.data.metrics},
        }
        for key, run in found.items()
    }


def curve(store: Store, run_id: str, name: str) -> list[tuple[int, int, float]]:
    found = client(store).get_metric_history(run_id, name)
    return sorted((row.step, row.timestamp, row.value) for row in found)


@pytest.mark.parametrize("replicates", [None, SEVERAL])
def test_rebuilt_records_equal_what_the_sweep_wrote_row_by_row(
    store: Store,
    tmp_path: Path,
    open_store: OpenStore,
    monkeypatch: pytest.MonkeyPatch,
    replicates: dict[str, int] | None,
) -> None:
    monkeypatch.setattr(writer, "WATCH_EVERY", 0.0)
    swept(store, replicates=replicates)
    written = everything(store)
    assert any("/" in name for run in written.values() for name in run["curves"])
    empty = open_store(tmp_path / "empty")
    monkeypatch.setenv(URI_VARIABLE, f"sqlite:///{empty.root}/mlflow.db")
    assert catch_up(store, from_nothing=True) == (CaughtUp("tiny", len(written)),)
    rebuilt = everything(store)
    assert rebuilt.keys() == written.keys()
    for key, run in written.items():
        assert rebuilt[key] == run


def test_configurations_have_means_over_their_seeds_with_intervals(store: Store) -> None:
    swept(store, replicates=SEVERAL)
    found, rows = runs(store), status(store, "tiny").rows
    winner = best(store, "tiny")
    run = found[f"tiny/configuration {winner.trial}"]
    values = [row.value for row in rows if row.configuration == winner.trial]
    assert run.data.metrics["seeds"] == len(values) > 2
    assert run.data.metrics[METRIC] == pytest.approx(sum(v or 0 for v in values) / len(values))
    assert run.data.metrics[f"{METRIC}.low"] <= run.data.metrics[METRIC]
    assert len(json.loads(run.data.tags[SEEDS_TAG])) == len(values)
    assert run.data.tags[PARENT_TAG] == found["tiny"].info.run_id
    assert found[f"tiny/{winner.trial}"].data.tags[PARENT_TAG] == run.info.run_id
    assert found["tiny"].data.tags[BEST_TAG] == str(winner.trial)
    levels = {key: one.data.tags[LEVEL_TAG] for key, one in found.items()}
    assert levels["tiny"] == "study" and levels[f"tiny/{winner.trial}"] == "replicate"


def test_a_study_shows_what_was_best_on_its_way(store: Store) -> None:
    swept(store)
    run = runs(store)["tiny"]
    found = best(store, "tiny")
    assert run.data.metrics[f"best/{METRIC}"] == found.value
    assert run.data.tags[BEST_TAG] == str(found.trial)
    on_the_way = [value for _, _, value in curve(store, run.info.run_id, f"best/{METRIC}")]
    assert on_the_way == sorted(on_the_way, reverse=True)


def test_a_study_that_is_being_swept_is_left_to_its_sweep(store: Store) -> None:
    swept(store)
    with sweeping(store, "tiny"):
        assert catch_up(store) == (CaughtUp("tiny", 0, being_swept=True),)
    with pytest.raises(BadInput, match="no study 'tny'"):
        catch_up(store, ["tny"])


def test_runs_of_earlier_versions_are_taken_over(store: Store) -> None:
    swept(store)
    tracking, found = connect(store), runs(store)
    for key, run in found.items():
        for tag in ("sem_ray.of", "sem_ray.level", "sem_ray.kind"):
            if key != "tiny" or tag != "sem_ray.of":
                tracking.client.delete_tag(run.info.run_id, tag)
    catch_up(store, from_nothing=True)
    again = runs(store)
    assert {key: run.info.run_id for key, run in again.items()} == {
        key: run.info.run_id for key, run in found.items()
    }
    assert all(run.data.tags[LEVEL_TAG] for run in again.values())
