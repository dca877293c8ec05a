"""Real studies asked through MLflow: rows, conditions, comparisons, files, from a server's address
or a store that nobody may write to."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.csv
import pyarrow.parquet
import pytest

from sem_ray import api, records
from sem_ray.cli.main import run
from sem_ray.errors import BadInput
from sem_ray.records.connection import connect
from sem_ray.store import Store
from sem_ray.studies.queries import best
from sem_ray.studies.run.sweep import run_sweep
from tests.studies import fakes
from tests.studies.fakes import METRIC, study
from tests.studies.run.in_process import InProcess


@pytest.fixture
def place(store: Store) -> Path:
    for name, replicates in (("single", None), ("several", {"min": 3, "max": 3})):
        spec = study(name=name, replicates=replicates)
        done = run_sweep(spec, store, trials=4, experiment=fakes.instant, backend=InProcess())
        assert done.ok
    return store.root


def test_results_come_best_first_with_means_over_their_seeds(place: Path) -> None:
    for name, seeds in (("single", {1}), ("several", {3, 7})):
        found = records.rows([name], store=place)
        values = [row.metrics[METRIC] for row in found]
        assert len(found) == 4 and values == sorted(values)
        assert {len(row.seeds) for row in found} == seeds
    (first,) = records.rows(["single"], limit=1, store=place)
    assert first.metrics[METRIC] == best(Store.existing(place), "single").value
    assert len(records.rows(store=place)) == 8
    assert len(records.rows(["single", "several"], limit=1, store=place)) == 2
    with pytest.raises(BadInput, match="no study 'none' is recorded"):
        records.rows(["none"], store=place)


def test_conditions_are_met(place: Path) -> None:
    every = records.rows(["several"], store=place)
    middle = sorted(row.metrics[METRIC] for row in every)[1]
    found = records.rows(["several"], where=f"metrics.{METRIC} <= {middle}", store=place)
    assert {row.key for row in found} == {r.key for r in every if r.metrics[METRIC] <= middle}
    steps = every[0].settings["noise.steps"]
    found = records.rows(where=f"params.noise.steps = '{steps}'", store=place)
    assert found and all(row.settings["noise.steps"] == steps for row in found)
    largest = records.rows(["several"], order_by=METRIC, descending=True, store=place)
    assert [r.metrics[METRIC] for r in largest] == sorted(
        (r.metrics[METRIC] for r in every), reverse=True
    )


def test_a_result_is_found_by_its_name_or_its_id_with_the_runs_below(place: Path) -> None:
    shown = api.show_run("several/0", store=place)
    assert shown.row.kind == "configuration" and len(shown.replicates) == len(shown.row.seeds)
    assert records.find(shown.row.run_id, store=place) == shown.row
    single = api.show_run("single/1", store=place)
    assert single.replicates == (single.row,)
    with pytest.raises(BadInput, match="no run 'several/99' is recorded"):
        records.find("several/99", store=place)


def test_two_results_are_compared_over_the_seeds_of_both(place: Path) -> None:
    rows = records.rows(["several"], store=place)
    found = records.compare(rows[0].name, rows[-1].name, store=place)
    assert found.metric == METRIC and found.paired and found.shared == (0, 1, 2)
    assert found.difference is not None and found.p is None  # these are alike in all seeds
    assert found.difference.value == pytest.approx(
        rows[0].metrics[METRIC] - rows[-1].metrics[METRIC]
    )
    assert found.settings and "seed" not in found.settings
    single = records.compare("single/0", "several/0", store=place)
    assert single.difference is None and single.said == "nothing can be told from one seed"
    with pytest.raises(BadInput, match="has no metric 'beauty'"):
        records.compare("single/0", "several/0", "beauty", store=place)


def test_rows_are_tables_and_files(place: Path, tmp_path: Path) -> None:
    frame = records.frame(records.rows(store=place))
    assert len(frame) == 8 and frame[f"metrics.{METRIC}"].dtype == "float64"
    for name, read in (
        ("runs.parquet", pyarrow.parquet.read_table),
        ("runs.csv", pyarrow.csv.read_csv),
    ):
        exported = api.export_runs(tmp_path / name, store=place)
        assert exported.rows == read(tmp_path / name).num_rows == 8
    with pytest.raises(BadInput, match=r"ends in neither \.parquet nor \.csv"):
        api.export_runs(tmp_path / "runs.xlsx", store=place)


def test_the_commands_print_tables_or_one_json_object(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--store", str(place))
    for line in (
        ["list", "several"],
        ["show", "several/0"],
        ["compare", "several/0", "several/1"],
        ["records", "sync"],
    ):
        assert run([*line, *words]) == 0
        assert "several" in capsys.readouterr().out
        assert run([*line, *words, "--json"]) == 0
        assert isinstance(json.loads(capsys.readouterr().out), dict)
    assert run(["list", "several", "--where", "nonsense", *words]) == 2
    assert "--where" in capsys.readouterr().err


def test_nothing_recorded_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="nothing is recorded at sqlite"):
        records.rows(store=tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_strange_names_and_values_are_kept(store: Store) -> None:
    strange = "ü ☃ '\" \t" + "x" * 5000
    tracking = connect(store)
    made = tracking.client.create_run(tracking.experiment, tags={"sem_ray.level": "result"})
    tracking.client.log_param(made.info.run_id, "a/b", strange)
    tracking.client.log_metric(made.info.run_id, "m", float("inf"))
    tracking.client.log_metric(made.info.run_id, "n", float("nan"))
    (row,) = records.rows(store=store.root)
    assert row.settings["a/b"] == strange and row.metrics["m"] == float("inf")
    assert row.metrics["n"] != row.metrics["n"]
