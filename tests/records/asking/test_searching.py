"""Order over several studies, and names that strangers chose or mistyped."""

from __future__ import annotations

import math

import pytest

from sem_ray import records
from sem_ray.cli.main import run
from sem_ray.errors import BadInput
from sem_ray.records import names
from sem_ray.records.connection import connect
from sem_ray.store import Store
from tests.records.asking.written import METRIC, write_configuration, write_run, write_study


@pytest.fixture
def two(store: Store) -> Store:
    """Studies `a` and `b`; only one result of `a` has the metric `rare`, and one diverged."""
    tracking = connect(store)
    for name in ("a", "b"):
        write_study(tracking, name)
    write_configuration(tracking, "a", 0, {0: 10.0, 1: 12.0}, rare=5.0)
    write_configuration(tracking, "a", 1, {0: math.nan, 1: 12.0})
    write_configuration(tracking, "b", 0, {0: 1.0, 1: 2.0})
    write_configuration(tracking, "b", 1, {0: 50.0, 1: 51.0}, rare=7.0)
    return store


@pytest.mark.parametrize("prefix", ["", "metrics."])
@pytest.mark.parametrize(
    ("metric", "descending", "first"),
    [
        (METRIC, False, ["b/0", "a/0", "b/1", "a/1"]),
        (METRIC, True, ["b/1", "a/0", "b/0", "a/1"]),
        ("rare", False, ["a/0", "b/1"]),
        ("rare", True, ["b/1", "a/0"]),
    ],
)
def test_nan_and_what_is_missing_come_last_in_both_directions(
    two: Store, prefix: str, metric: str, descending: bool, first: list[str]
) -> None:
    order = {"order_by": prefix + metric, "descending": descending}
    found = records.rows(["a", "b"], **order, store=two.root)  # type: ignore[arg-type]
    assert [row.name for row in found][: len(first)] == first and len(found) == 4
    alone = records.rows(["a"], **order, store=two.root)  # type: ignore[arg-type]
    assert [row.name for row in alone] == [row.name for row in found if row.study == "a"]


@pytest.mark.parametrize("order", ["beauty", "x` DESC, metrics.`y", ""])
def test_a_metric_that_no_result_has_orders_nothing(two: Store, order: str) -> None:
    with pytest.raises(BadInput, match=r"no (result has a )?metric"):
        records.rows(["a"], order_by=order, store=two.root)


def test_a_limit_of_nothing_is_refused(two: Store) -> None:
    with pytest.raises(BadInput, match="1 or more"):
        records.rows(["a"], limit=0, store=two.root)


@pytest.mark.parametrize("name", ["a\"'x", "a\\", "a' or '1'='1", "%", "a\nb", "☃", "x" * 9000, ""])
def test_a_name_that_nothing_has_is_unknown_whatever_it_holds(two: Store, name: str) -> None:
    with pytest.raises(BadInput, match="no study"):
        records.rows([name], store=two.root)
    for one in (name, f"{name}/1"):
        with pytest.raises(BadInput, match="no run"):
            records.find(one, store=two.root)


def test_what_a_stranger_wrote_is_listed_and_reaches_no_terminal_as_it_is(
    two: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    tags = {names.STUDY_TAG: "a", names.LEVEL_TAG: "result", names.TRIAL_TAG: "a/9"}
    tags |= {"note": "\x1b]0;title\x07 \u202eturned", names.SEEDS_TAG: "{not seeds"}
    params = {"evil": "\x1b[2J\r\nsecond line", "seed": "first"}
    write_run(connect(two), tags, params, {METRIC: 3.0})
    assert records.find("a/9", store=two.root).seeds == ()
    for line in (["list", "a"], ["show", "a/9"]):
        assert run([*line, "--store", str(two.root)]) == 0
        shown = capsys.readouterr().out
        assert "\\x1b[2J\\r\\nsecond line" in shown
        assert not set("\x1b\x07\r\u202e") & set(shown)
