"""Which recorded results meet a condition, in which order: MLflow's server filters and sorts."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sem_ray.errors import BadInput
from sem_ray.records import names
from sem_ray.records.asking.rows import Row
from sem_ray.records.asking.where import NAME, Condition, askable, parse
from sem_ray.records.connection import Tracking, ask, tracking_errors, tracking_uri
from sem_ray.store import Store

PAGE = 1000


def rows(
    studies: Sequence[str] = (),
    *,
    where: str | None = None,
    order_by: str | None = None,
    descending: bool = False,
    limit: int | None = None,
    store: Path | str | None = None,
) -> tuple[Row, ...]:
    """Results of these studies, or of all, that meet `where`.

    order_by: the metric to sort by, smallest first unless `descending`; None takes a study's first
    objective, best first, and of several studies the order they were recorded in. limit: of each
    study. Raises `BadInput` if a study is unknown, nothing is recorded, or no result has the metric
    `order_by`; `TrackingFailed`.
    """
    conditions = parse(where) if where is not None else ()
    order_by = None if order_by is None else _metric(order_by)
    if limit is not None and limit < 1:
        raise BadInput(f"limit={limit} asks for no result; it is 1 or more")
    place = Store(Store.place(store))
    tracking = ask(place)
    with tracking_errors(tracking_uri(place)):
        found: list[Row] = []
        for study in studies or (None,):
            order = _order(tracking, study, order_by, descending)
            found += _results(tracking, study, conditions, order, limit)
    return tuple(found if order_by is None else _sorted(found, order_by, descending))


def _metric(order_by: str) -> str:
    """The name of a metric that is written with or without `metrics.` before it."""
    name = order_by.removeprefix("metrics.")
    if not NAME.fullmatch(name):
        raise BadInput(f"no metric is called {order_by!r}; order by one that `sem-ray show` lists")
    return name


def _sorted(found: list[Row], metric: str, descending: bool) -> list[Row]:
    """As MLflow sorts a study's: NaN after all numbers, then the results that lack the metric."""
    if found and not any(metric in row.metrics for row in found):
        known = ", ".join(sorted({name for row in found for name in row.measured})) or "none yet"
        raise BadInput(f"no result has a metric {metric!r} to order by; they have: {known}")

    def place(row: Row) -> tuple[bool, bool, float]:
        value = row.metrics.get(metric)
        if value is None or math.isnan(value):
            return value is None, True, 0.0
        return False, False, -value if descending else value

    return sorted(found, key=place)


def find(name: str, *, store: Path | str | None = None) -> Row:
    """The result of this name, `quick/12`, or the run of this id. Raises `BadInput` if there is
    none, or several on a server that stores with studies of one name share; `TrackingFailed`."""
    unknown = BadInput(f"no run {name!r} is recorded; `sem-ray list` has all of them")
    if not askable(name):
        raise unknown
    place = Store(Store.place(store))
    tracking = ask(place)
    with tracking_errors(tracking_uri(place)):
        study, slash, number = name.rpartition("/")
        conditions = [Condition("attributes", "run_id", "=", name)]
        if slash:
            keys = (f"{study}/configuration {number}", name)
            conditions = [Condition("tags", names.TRIAL_TAG, "=", key) for key in keys]
        for condition in conditions:
            if found := _search(tracking, [condition], (), 2):
                return _only(found, name)
    raise unknown


def _only(found: Sequence[Row], name: str) -> Row:
    if len(found) > 1:
        ids = " and ".join(row.run_id for row in found)
        raise BadInput(f"{name!r} names runs of more than one study: name one by its id, {ids}")
    return found[0]


def replicates(row: Row, *, store: Path | str | None = None) -> tuple[Row, ...]:
    """The runs below a configuration, one a seed; of a single run itself."""
    if row.kind != "configuration":
        return (row,)
    place = Store(Store.place(store))
    tracking = ask(place)
    with tracking_errors(tracking_uri(place)):
        below = [Condition("tags", names.PARENT_TAG, "=", row.run_id)]
        return tuple(_search(tracking, below, ("attributes.start_time ASC",), None))


def _results(
    tracking: Tracking,
    study: str | None,
    conditions: Sequence[Condition],
    order: Sequence[str],
    limit: int | None,
) -> list[Row]:
    wanted = [Condition("tags", names.LEVEL_TAG, "=", "result")]
    if study is not None:
        wanted.append(Condition("tags", names.STUDY_TAG, "=", study))
    return _search(tracking, [*wanted, *conditions], order, limit)


def _order(
    tracking: Tracking, study: str | None, order_by: str | None, descending: bool
) -> tuple[str, ...]:
    """By a metric, or by the study's objectives one after the other. Raises `BadInput` if the study
    is unknown."""
    goals = [] if study is None else _objectives(tracking, study)
    if order_by is not None:
        goals = [(order_by, descending)]
    return tuple(f"metrics.`{name}` {'DESC' if down else 'ASC'}" for name, down in goals)


def _objectives(tracking: Tracking, study: str) -> list[tuple[str, bool]]:
    """Metrics, and whether large is good."""
    of_study = [
        Condition("tags", names.KIND_TAG, "=", "study"),
        Condition("tags", names.STUDY_TAG, "=", study),
    ]
    found = _search(tracking, of_study, (), 1) if askable(study) else []
    if not found:
        raise BadInput(
            f"no study {study!r} is recorded in MLflow; `sem-ray studies` lists those of the "
            f"store, and `sem-ray records sync` brings them there"
        )
    goals = json.loads(found[0].tags.get(names.OBJECTIVES_TAG, "{}"))
    return [(name, direction == "maximize") for name, direction in goals.items()]


def _search(
    tracking: Tracking, conditions: Sequence[Condition], order: Sequence[str], limit: int | None
) -> list[Row]:
    """All pages, up to `limit`."""
    expression = " and ".join(map(str, conditions))
    found: list[Any] = []
    token = None
    while True:
        size = PAGE if limit is None else min(PAGE, limit - len(found))
        page = tracking.client.search_runs(
            [tracking.experiment],
            expression,
            max_results=size,
            order_by=list(order),
            page_token=token,
        )
        found.extend(page)
        token = page.token
        if not token or (limit is not None and len(found) >= limit):
            return [Row.of(run) for run in found]
