"""Runs that are about nothing in particular, written and written again, on a real MLflow."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sem_ray.records.connection import connect
from sem_ray.records.runs import LONGEST, PARENT, ParentRun, Run, RunWriter, leaves
from sem_ray.store import Store

TAG = "a.key"
MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
ONE = Run("x/1", "FINISHED", MOMENT, MOMENT, {"loss": 0.5}, {"a.b": "1"}, {"note": "n"})
TWO = replace(ONE, key="x/2", metrics={"loss": 0.25})


def writer(store: Store) -> RunWriter:
    return RunWriter(store, ParentRun("x", "a.parent", "k", {"hypothesis": "h"}), TAG)


def recorded(store: Store) -> dict[str, Any]:
    tracking = connect(store)
    found = tracking.client.search_runs([tracking.experiment])
    by_key = {run.data.tags.get(TAG, run.info.run_name): run for run in found}
    assert len(by_key) == len(found), "a key has two runs"
    return by_key


def test_runs_lie_under_their_parent_once_each_however_often_they_are_written(
    store: Store,
) -> None:
    long = replace(ONE, params={f"p{n}": "v" * (LONGEST + 1) for n in range(150)})
    for _ in range(2):
        writer(store).write(long)
        writer(store).reconcile([long, TWO], "FINISHED")
    found = recorded(store)
    assert found.keys() == {"x", "x/1", "x/2"}
    run, parent = found["x/1"], found["x"]
    assert run.data.tags[PARENT] == parent.info.run_id and run.data.tags["note"] == "n"
    assert (run.data.metrics, run.info.status) == ({"loss": 0.5}, "FINISHED")
    assert len(run.data.params) == 150 and len(run.data.params["p0"]) == LONGEST
    assert parent.data.tags["hypothesis"] == "h" and parent.info.status == "FINISHED"


def test_the_first_is_by_the_order_asked_for_and_finished(store: Store) -> None:
    runs = writer(store)
    assert runs.first(["metrics.`loss` ASC"]) is None
    failed = replace(ONE, key="x/3", status="FAILED", metrics={"loss": 0.0})
    runs.reconcile([ONE, TWO, failed], "FINISHED")
    assert runs.first(["metrics.`loss` ASC"]) == "x/2"
    assert runs.first(["metrics.`loss` DESC"]) == "x/1"


def test_numbers_of_the_moment_are_added_to_a_run_that_exists(store: Store) -> None:
    runs = writer(store)
    runs.watch("x/1", {"noise/loss": 1.0}, 5)
    assert "x/1" not in recorded(store)
    runs.write(replace(ONE, status="RUNNING", ended=None))
    runs.watch("x/1", {"noise/loss": 1.0}, 5)
    assert recorded(store)["x/1"].data.metrics["noise/loss"] == 1.0


def test_parameters_are_the_leaves_of_a_tree() -> None:
    tree = {"a": {"b": 1, "c": [1.5]}, "d": None, "e": "x"}
    assert leaves(tree) == {"a.b": "1", "a.c": "[1.5]", "d": "null", "e": "x"}


def test_a_run_that_somebody_deleted_is_made_again(store: Store) -> None:
    runs = writer(store)
    runs.write(replace(ONE, status="RUNNING", ended=None))
    tracking = connect(store)
    tracking.client.delete_run(recorded(store)["x/1"].info.run_id)
    runs.write(ONE)
    run = recorded(store)["x/1"]
    assert (run.data.metrics, run.data.params) == ({"loss": 0.5}, {"a.b": "1"})
    assert run.info.status == "FINISHED"


def test_a_second_run_of_a_key_that_another_process_made_is_deleted(store: Store) -> None:
    runs = writer(store)
    runs.reconcile([], "RUNNING")
    writer(store).write(replace(ONE, status="RUNNING", ended=None))
    runs.write(ONE)
    runs.reconcile([ONE], "FINISHED")
    assert recorded(store)["x/1"].info.status == "FINISHED"


def test_what_a_run_shows_already_is_not_sent_again(store: Store) -> None:
    runs = writer(store)
    runs.reconcile([], "RUNNING")
    begun = replace(ONE, status="RUNNING", ended=None, metrics={})
    runs.write(begun)
    client, sent = runs._client, []
    log_batch = client.log_batch

    def counting(run_id: str, **facts: Any) -> None:
        sent.append({name: len(entities) for name, entities in facts.items()})
        log_batch(run_id, **facts)

    client.log_batch = counting
    runs.write(replace(ONE, tags={**ONE.tags, "late": "1"}))
    assert sent == [{"metrics": 1, "params": 0, "tags": 1}]
    run = recorded(store)["x/1"]
    assert run.data.params == {"a.b": "1"} and run.data.tags["late"] == "1"
