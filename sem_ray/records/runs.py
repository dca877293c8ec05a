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
GONE = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")
"""What MLflow answers to writing to a run that does not exist, or was deleted."""

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


@dataclass
class _Known:
    """A run that MLflow has, as far as this writer knows."""

    run_id: str
    status: Status
    params: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    """What this writer has shown in it."""


class RunWriter:
    """Writes runs under `parent`, each with its key in `tag`. Every method raises `TrackingFailed`
    if MLflow fails.

    It remembers the runs it wrote or found, because MLflow's search takes the longer the more runs
    there are. A run that was deleted meanwhile is made again.
    """

    def __init__(self, store: Store, parent: ParentRun, tag: str) -> None:
        self._store, self._parent, self._tag = store, parent, tag
        self._uri = tracking_uri(store)
        tracking = connect(store)
        self._client, self._experiment = tracking.client, tracking.experiment
        self._parent_id: str | None = None
        self._known: dict[str, _Known] = {}
        self._listed = False
        """Whether all runs that lay under the parent once are known. One that another process makes
        later becomes a second one of its key, which `reconcile` deletes."""

    def write(self, run: Run) -> None:
        """Make the run, or bring it in line with what it is to show."""
        with one_writer(self._store), tracking_errors(self._uri):
            known = self._known.get(run.key)
            if known is None or not self._updated(known, run):
                found = [] if self._listed else self._search(self._has_key(run.key))
                self._write(run, found, lazily=False)

    def watch(self, key: str, metrics: Mapping[str, float], step: int) -> None:
        """Add numbers of this moment to the run, if it exists."""
        with one_writer(self._store), tracking_errors(self._uri):
            if (run_id := self._run_id(key)) is not None:
                entities = _metrics(metrics, int(time.time() * 1000), step)
                self._client.log_batch(run_id, metrics=entities)

    def reconcile(self, runs: Iterable[Run], status: Status) -> None:
        """Exactly one run for each of `runs`, each in its state; `status` is the parent's."""
        with one_writer(self._store), tracking_errors(self._uri):
            recorded = defaultdict(list)
            for found in self._search(None):
                recorded[found.data.tags.get(self._tag)].append(found)
            for run in runs:
                self._write(run, recorded[run.key], lazily=True)
            self._listed = True
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

    def _run_id(self, key: str) -> str | None:
        if key in self._known:
            return self._known[key].run_id
        found = [] if self._listed else self._search(self._has_key(key))
        return str(found[0].info.run_id) if found else None

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
        tags = {} if found else run.tags
        known = _Known(recorded.info.run_id, recorded.info.status, tags=tags)
        self._known[run.key] = known
        if not (lazily and found and known.status == run.status):
            self._show(known, run)

    def _updated(self, known: _Known, run: Run) -> bool:
        """Whether the run could be brought in line; not if it was deleted."""
        from mlflow.exceptions import MlflowException

        try:
            self._show(known, run)
        except MlflowException as error:
            if error.error_code not in GONE:
                raise
            del self._known[run.key]
            return False
        return True

    def _created(self, run: Run) -> Any:
        return self._client.create_run(
            self._experiment,
            start_time=_milliseconds(run.started),
            tags={**run.tags, self._tag: run.key, PARENT: self.parent_id},
            run_name=run.key,
        )

    def _show(self, known: _Known, run: Run) -> None:
        """Log what the run does not show yet, and set its state."""
        from mlflow.entities import Param, RunTag

        # Fixed times make a repeated metric the same row.
        metrics = _metrics(run.metrics, _milliseconds(run.ended) or 0, 0)
        params = [Param(k, v[:LONGEST]) for k, v in run.params.items() - known.params.items()]
        tags = [RunTag(k, v[:LONGEST]) for k, v in run.tags.items() - known.tags.items()]
        self._client.log_batch(known.run_id, metrics=metrics, params=params[:BATCH], tags=tags)
        for start in range(BATCH, len(params), BATCH):
            self._client.log_batch(known.run_id, params=params[start : start + BATCH])
        known.params, known.tags = run.params, run.tags
        if not (run.status == known.status == "RUNNING"):
            self._set_status(known.run_id, run.status, _milliseconds(run.ended))
        known.status = run.status

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
