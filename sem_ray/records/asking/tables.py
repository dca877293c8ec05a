"""Rows as pandas and Arrow know them, with the columns that MLflow's own `search_runs` has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from sem_ray.records.asking.rows import Row

if TYPE_CHECKING:
    import pandas as pd


def table(rows: Sequence[Row]) -> pa.Table:
    """A column for each `params.NAME` (text) and `metrics.NAME` (float64) that any row has, beside
    `run`, `study`, `kind`, `state`, `seeds` (list of int64), `run_id`, `started` and `ended`."""
    settings = sorted({name for row in rows for name in row.settings})
    metrics = sorted({name for row in rows for name in row.metrics})
    moment = pa.timestamp("ms", "UTC")
    columns: dict[str, Any] = {
        "run": pa.array([row.name for row in rows], pa.string()),
        "study": pa.array([row.study for row in rows], pa.string()),
        "kind": pa.array([row.kind for row in rows], pa.string()),
        "state": pa.array([row.state for row in rows], pa.string()),
        "seeds": pa.array([list(row.seeds) for row in rows], pa.list_(pa.int64())),
        "run_id": pa.array([row.run_id for row in rows], pa.string()),
        "started": pa.array([row.started for row in rows], moment),
        "ended": pa.array([row.ended for row in rows], moment),
    }
    for name in settings:
        columns[f"params.{name}"] = pa.array([r.settings.get(name) for r in rows], pa.string())
    for name in metrics:
        columns[f"metrics.{name}"] = pa.array([r.metrics.get(name) for r in rows], pa.float64())
    return pa.table(columns)


def frame(rows: Sequence[Row]) -> pd.DataFrame:
    """The same for pandas."""
    found: pd.DataFrame = table(rows).to_pandas()
    return found
