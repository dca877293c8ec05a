"""MLflow runs under one parent run, each found by a tag, so that writing one again changes nothing.

Nothing here knows what a run is about.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sem_ray.records.connection import connect, one_writer, tracking_errors, tracking_uri
from sem_ray.store import Store

PARENT = "mlflow.parentRunId"
NOTE_TAG = "mlflow.note.content"

BATCH = 100
"""Parameters MLflow takes at once."""
LONGEST = 6000
"""Characters of a parameter's or tag's value."""

Status = Literal["RUNNING", "FINISHED", "FAILED", "KILLED"]


@dataclass(frozen=True)
class ParentRun:
    """The run that others lie under."""

    name: str
    tag: str
    key: str
    """The value of `tag`, which no other run has."""
    tags: Mapping[str, str]


@dataclass(frozen=True)
class Run:
    """All that one run shows."""

    key: str
    """The value of its tag, and its name."""
    status: Status
    started: datetime | None
    ended: datetime | None
    metrics: Mapping[str, float]
    params: Mapping[str, str]
    tags: Mapping[str, str] = field(default_factory=dict)


class RunWriter:
    """Writes runs under `parent`, each with its key in `tag`. Every method raises `TrackingFailed`
    if MLflow fails."""

    def __init__(self, store: Store, parent: ParentRun, tag: str) -> None:
        self._store, self._parent, self._tag = store, parent, tag
        self._uri = tracking_uri(store)
        tracking = connect(store)
        self._client, self._experiment = tracking.client, tracking.experiment
        self._parent_id: str | None = None

    def write(self, run: Run) -> None:
        """Make the run, or bring it in line with what it is to show."""
        with one_writer(self._store), tracking_errors(self._uri):
            self._write(run, self._search(self._has_key(run.key)), lazily=False)

    def watch(self, key: str, metrics: Mapping[str, float], step: int) -> None:
        """Add numbers of this moment to the run, if it exists."""
        with one_writer(self._store), tracking_errors(self._uri):
            if found := self._search(self._has_key(key)):
                entities = _metrics(metrics, int(time.time() * 1000), step)
                self._client.log_batch(found[0].info.run_id, metrics=entities)

    def reconcile(self, runs: Iterable[Run], status: Status) -> None:
        """Exactly one run for each of `runs`, each in its state; `status` is the parent's."""
        with one_writer(self._store), tracking_errors(self._uri):
            recorded = defaultdict(list)
            for found in self._search(None):
                recorded[found.data.tags.get(self._tag)].append(found)
            for run in runs:
                self._write(run, recorded[run.key], lazily=True)
            if self._client.get_run(self.parent_id).info.status != status:
                self._set_status(self.parent_id, status, None)

    def delete(self) -> int:
        """Delete the parent and all runs under it; how many there were."""
        with one_writer(self._store), tracking_errors(self._uri):
            if (parent := self._found_parent()) is None:
                return 0
            self._parent_id = str(parent.info.run_id)
            found = [run.info.run_id for run in self._search(None)]
            for run in (*found, self._parent_id):
                self._client.delete_run(run)
        self._parent_id = None
        return len(found) + 1

    def first(self, order: Sequence[str]) -> str | None:
        """The key of the finished run that is first in MLflow's `order`; of equals, the oldest."""
        condition = f"tags.`{PARENT}` = '{self.parent_id}' and attributes.status = 'FINISHED'"
        with tracking_errors(self._uri):
            found = self._client.search_runs(
                [self._experiment],
                condition,
                order_by=[*order, "attributes.start_time ASC"],
                max_results=1,
            )
        return str(found[0].data.tags[self._tag]) if found else None

    @property
    def parent_id(self) -> str:
        """MLflow's id of the parent run, which is made if it is missing."""
        if self._parent_id is None:
            run = self._found_parent() or self._created_parent()
            self._parent_id = str(run.info.run_id)
        return self._parent_id

    def _found_parent(self) -> Any:
        """None if it is missing."""
        condition = f"tags.`{self._parent.tag}` = '{self._parent.key}'"
        found = self._client.search_runs([self._experiment], condition, max_results=1)
        return found[0] if found else None

    def _created_parent(self) -> Any:
        tags = {**self._parent.tags, self._parent.tag: self._parent.key}
        return self._client.create_run(self._experiment, tags=tags, run_name=self._parent.name)

    def _has_key(self, key: str) -> str:
        return f"tags.`{self._tag}` = '{key}'"

    def _search(self, condition: str | None) -> list[Any]:
        """The runs under the parent, all pages."""
        parts = [f"tags.`{PARENT}` = '{self.parent_id}'", *([condition] if condition else [])]
        runs: list[Any] = []
        token = None
        while True:
            page = self._client.search_runs(
                [self._experiment], " and ".join(parts), max_results=1000, page_token=token
            )
            runs.extend(page)
            if not (token := page.token):
                return runs

    def _write(self, run: Run, found: Sequence[Any], *, lazily: bool) -> None:
        """`lazily`: a run that is found in its state is taken to show everything."""
        recorded, *doubled = found or [self._created(run)]
        for other in doubled:
            self._client.delete_run(other.info.run_id)
        if lazily and found and recorded.info.status == run.status:
            return
        self._log(recorded.info.run_id, run)
        self._set_status(recorded.info.run_id, run.status, _milliseconds(run.ended))

    def _created(self, run: Run) -> Any:
        return self._client.create_run(
            self._experiment,
            start_time=_milliseconds(run.started),
            tags={**run.tags, self._tag: run.key, PARENT: self.parent_id},
            run_name=run.key,
        )

    def _log(self, run_id: str, run: Run) -> None:
        from mlflow.entities import Param, RunTag

        # Fixed times make a repeated metric the same row.
        metrics = _metrics(run.metrics, _milliseconds(run.ended) or 0, 0)
        params = [Param(path, value[:LONGEST]) for path, value in run.params.items()]
        tags = [RunTag(name, value[:LONGEST]) for name, value in run.tags.items()]
        self._client.log_batch(run_id, metrics=metrics, params=params[:BATCH], tags=tags)
        for start in range(BATCH, len(params), BATCH):
            self._client.log_batch(run_id, params=params[start : start + BATCH])

    def _set_status(self, run_id: str, status: Status, end: int | None) -> None:
        if status == "RUNNING":
            self._client.update_run(run_id, status=status)
        else:
            self._client.set_terminated(run_id, status=status, end_time=end)


def leaves(tree: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Dotted path → value as text, as MLflow keeps parameters."""
    found: dict[str, str] = {}
    for key, value in tree.items():
        path = f"{prefix}{key}"
        if isinstance(value, Mapping):
            found |= leaves(value, f"{path}.")
        else:
            found[path] = value if isinstance(value, str) else json.dumps(value)
    return found


def _metrics(metrics: Mapping[str, float], moment: int, step: int) -> list[Any]:
    from mlflow.entities import Metric

    return [Metric(key, value, moment, step) for key, value in metrics.items()]


def _milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp() * 1000)
