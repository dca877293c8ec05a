"""Documents brought to a real MLflow, once and again, whoever died or was deleted in between."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sem_ray.records.connection import TrackingFailed, connect
from sem_ray.records.delivery import LONGEST, METRICS, Delivery
from sem_ray.records.history import History
from sem_ray.records.names import PARENT_TAG, TRIAL_TAG
from sem_ray.records.points import MetricRow
from sem_ray.records.run_document import RunDocument, leaves
from sem_ray.store import Store

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
ROOT = RunDocument("k", "x", "study", "study", None, "RUNNING", MOMENT)
ONE = RunDocument(
    key="x/1",
    name="x/1",
    level="result",
    kind="trial",
    under="k",
    status="FINISHED",
    started=MOMENT,
    ended=MOMENT,
    params={"a.b": "1"},
    metrics=(MetricRow("loss", 0.5, 0, 7),),
    tags={"note": "n"},
)
BEGUN = replace(ONE, status="RUNNING", ended=None, metrics=())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "study"
    place.mkdir()
    return place


def delivery(store: Store, folder: Path, *brought: RunDocument) -> Delivery:
    found = Delivery(store, "k", folder)
    for document in brought:
        found.bring(document)
    return found


def recorded(store: Store) -> dict[str, Any]:
    tracking = connect(store)
    found = tracking.client.search_runs([tracking.experiment])
    by_key = {run.data.tags.get(TRIAL_TAG, "k"): run for run in found}
    assert len(by_key) == len(found), "a key has two runs"
    return by_key


def history(store: Store, key: str, metric: str) -> list[tuple[int, float]]:
    run_id = recorded(store)[key].info.run_id
    found = connect(store).client.get_metric_history(run_id, metric)
    return [(row.step, row.value) for row in found]


def test_runs_lie_under_their_parent_once_each_however_often_they_are_brought(
    store: Store, folder: Path
) -> None:
    rows = tuple(MetricRow("curve", float(step), step, step) for step in range(METRICS + 5))
    long = replace(ONE, params={f"p{n}": "v" * (LONGEST + 1) for n in range(150)}, metrics=rows)
    for _ in range(2):
        delivery(store, folder, ROOT, long)
    found = recorded(store)
    assert found.keys() == {"k", "x/1"}
    run = found["x/1"]
    assert run.data.tags[PARENT_TAG] == found["k"].info.run_id and run.data.tags["note"] == "n"
    assert len(run.data.params) == 150 and len(run.data.params["p0"]) == LONGEST
    assert len(history(store, "x/1", "curve")) == METRICS + 5
    assert (run.info.status, run.info.end_time) == ("FINISHED", int(MOMENT.timestamp() * 1000))


def test_a_document_that_is_shown_costs_no_request(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery(store, folder, ROOT, ONE)
    again = Delivery(store, "k", folder)
    monkeypatch.setattr(again, "_client", None)
    assert not again.bring(ROOT) and not again.bring(ONE)


def test_what_a_run_shows_already_is_not_sent_again(store: Store, folder: Path) -> None:
    made = delivery(store, folder, ROOT, BEGUN)
    client, sent = made._client, []
    log_batch = client.log_batch

    def counting(run_id: str, **facts: Any) -> None:
        sent.append({name: len(entities) for name, entities in facts.items() if name != "tags"})
        log_batch(run_id, **facts)

    client.log_batch = counting
    made.bring(ONE)
    assert sent == [{"metrics": 1, "params": 0}]
    assert recorded(store)["x/1"].data.metrics == {"loss": 0.5}


def test_a_run_that_somebody_deleted_is_made_again_with_its_curves(
    store: Store, folder: Path
) -> None:
    made = delivery(store, folder, ROOT, BEGUN)
    History(folder).append("x/1", [MetricRow("noise/loss", 1.0, 5, 6)])
    made.bring_history()
    connect(store).client.delete_run(recorded(store)["x/1"].info.run_id)
    made.bring(ONE)
    run = recorded(store)["x/1"]
    assert run.data.metrics == {"loss": 0.5, "noise/loss": 1.0}
    assert run.data.params == {"a.b": "1"} and run.info.status == "FINISHED"


def test_without_its_ledger_the_server_s_runs_are_found(store: Store, folder: Path) -> None:
    delivery(store, folder, ROOT, ONE)
    before = {key: run.info.run_id for key, run in recorded(store).items()}
    for ledger in folder.glob("mlflow-*"):
        ledger.unlink()
    delivery(store, folder, ROOT, ONE)
    assert {key: run.info.run_id for key, run in recorded(store).items()} == before


def test_a_run_that_was_made_right_before_a_death_is_found(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = delivery(store, folder, ROOT)
    create = made._client.create_run

    def dying(*words: Any, **facts: Any) -> None:
        create(*words, **facts)
        raise OSError("killed")

    monkeypatch.setattr(made._client, "create_run", dying)
    with pytest.raises(TrackingFailed):
        made.bring(ONE)
    delivery(store, folder, ROOT, ONE)
    assert recorded(store)["x/1"].info.status == "FINISHED"


def test_curves_come_in_order_once_and_not_before_their_run(store: Store, folder: Path) -> None:
    kept = History(folder)
    kept.append("x/1", [MetricRow("noise/loss", 2.0, 1, 1)])
    made = delivery(store, folder, ROOT)
    made.bring_history()
    made.bring(BEGUN)
    kept.append("x/1", [MetricRow("noise/loss", 1.0, 2, 2)])
    for _ in range(2):
        made.bring_history()
        Delivery(store, "k", folder).bring_history()
    assert history(store, "x/1", "noise/loss") == [(1, 2.0), (2, 1.0)]


def test_a_curve_whose_run_is_not_there_yet_is_not_passed_over(store: Store, folder: Path) -> None:
    for key in ("x/2", "x/1"):
        History(folder).append(key, [MetricRow("noise/loss", 2.0, 1, 1)])
    made = delivery(store, folder, ROOT, BEGUN)
    made.bring_history()
    made.bring(replace(BEGUN, key="x/2", name="x/2"))
    made.bring_history()
    for key in ("x/1", "x/2"):
        assert history(store, key, "noise/loss") == [(1, 2.0)]


def test_a_curve_that_was_sent_but_not_noted_is_there_once(store: Store, folder: Path) -> None:
    made = delivery(store, folder, ROOT, BEGUN)
    rows = [MetricRow("noise/loss", float(step), step, step) for step in range(5)]
    History(folder).append("x/1", rows)
    made.bring_history()
    made._ledger.history = 0
    made.bring_history()
    assert len(history(store, "x/1", "noise/loss")) == 5


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_numbers_that_are_none_are_kept(store: Store, folder: Path, value: float) -> None:
    delivery(store, folder, ROOT, replace(ONE, metrics=(MetricRow("loss", value, 0, 1),)))
    assert len(history(store, "x/1", "loss")) == 1


def test_text_that_a_database_refuses_is_written_as_python_writes_it(
    store: Store, folder: Path
) -> None:
    strange = "a\x00b\ud800c ☃"
    document = replace(ONE, name=strange, params={"p": strange}, tags={"t": strange})
    delivery(store, folder, ROOT, document)
    run, shown = recorded(store)["x/1"], "a\\x00b\\ud800c ☃"
    assert run.data.params["p"] == run.data.tags["t"] == run.info.run_name == shown


def test_deleted_means_all_of_the_study_and_nothing_else(store: Store, folder: Path) -> None:
    other = folder / "other"
    other.mkdir()
    Delivery(store, "other", other).bring(replace(ROOT, key="other"))
    assert delivery(store, folder, ROOT, ONE).delete() == 2
    tracking = connect(store)
    assert len(tracking.client.search_runs([tracking.experiment])) == 1


def test_parameters_are_the_leaves_of_a_tree() -> None:
    tree = {"a": {"b": 1, "c": [1.5]}, "d": None, "e": "x"}
    assert leaves(tree) == {"a.b": "1", "a.c": "[1.5]", "d": "null", "e": "x"}


def rows(kept: History, start: int = 0) -> Iterator[tuple[str, int]]:
    return ((key, len(found)) for _, key, found in kept.read(start))


def test_a_history_survives_a_line_that_was_cut_off(folder: Path) -> None:
    kept, row = History(folder), MetricRow("a", 1.0, 1, 1)
    assert list(rows(kept)) == []
    kept.append("one", [row])
    with (folder / "history.jsonl").open("a") as file:
        file.write('{"key": "two", "rows": [["a", 1.')
    assert list(rows(kept)) == [("one", 1)]
    kept.append("three", [row, row])
    assert list(rows(kept)) == [("one", 1), ("three", 2)]
    first_end = next(kept.read())[0]
    assert list(rows(kept, first_end)) == [("three", 2)]
