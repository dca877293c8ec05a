"""Documents brought to MLflow, each as one run that is found again by its key, so that bringing one
twice changes nothing. Nothing here knows what a run is about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any, TypeVar

from sem_ray.records.connection import connect, one_writer, tracking_errors, tracking_uri
from sem_ray.records.history import History
from sem_ray.records.ledger import Ledger
from sem_ray.records.names import KEY_TAG, OF_TAG, PARENT_TAG, TRIAL_TAG
from sem_ray.records.points import MetricRow
from sem_ray.records.run_document import RunDocument, milliseconds
from sem_ray.spec.base import UNWRITABLE
from sem_ray.store import Store

METRICS, PARAMS = 800, 100
"""Metrics, and parameters or tags, in one request; MLflow takes 1,000 things, 100 of either."""
LONGEST = 6000
"""Characters of a parameter's or tag's value."""
GONE = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")
"""What MLflow answers to writing to a run that does not exist, or was deleted; the second also to
content that it refuses."""

Item = TypeVar("Item")


class Delivery:
    """Brings the runs of one study, whose key is `root`, to the store's MLflow. `folder` holds the
    history of their curves and the ledger of what MLflow has.

    Every method raises `TrackingFailed` if MLflow fails. Documents come before those that lie under
    them. One process at a time brings a study.
    """

    def __init__(self, store: Store, root: str, folder: Path) -> None:
        self._store, self._root = store, root
        self._uri = tracking_uri(store)
        tracking = connect(store)
        self._client, self._experiment = tracking.client, tracking.experiment
        self._history = History(folder)
        self._ledger = Ledger.of(folder, self._uri)
        self._shown: dict[str, RunDocument] = {}
        """What this process has brought."""
        if not self._ledger.runs:
            with one_writer(store), tracking_errors(self._uri):
                self._adopt()

    def bring(self, document: RunDocument) -> bool:
        """Make the run, or bring it in line; False if it was."""
        told = self._ledger.runs.get(document.key)
        if told is not None and told.run_id and told.digest == document.digest():
            return False
        with one_writer(self._store), tracking_errors(self._uri):
            run_id = self._run_id(document.key) or self._create(document)
            if not self._shows(run_id, document):
                self._shown.pop(document.key, None)
                run_id = self._create(document)
                self._log(run_id, metrics=self._known_rows(document.key))
                self._show(run_id, document)
            self._shown[document.key] = document
            self._ledger.told(document.key, run_id, document.digest())
        return True

    def bring_history(self) -> None:
        """Add what the history has and MLflow does not, as far as their runs exist."""
        rows, end = self._missing_rows()
        if end == self._ledger.history:
            return
        with one_writer(self._store), tracking_errors(self._uri):
            for key, found in rows.items():
                self._log(str(self._ledger.runs[key].run_id), metrics=found)
            self._ledger.has_history(end)

    def delete(self) -> int:
        """Delete all runs of the study; how many there were."""
        with one_writer(self._store), tracking_errors(self._uri):
            found = [run for runs in self._recorded().values() for run in runs]
            for run in found:
                self._client.delete_run(run.info.run_id)
        self._ledger.forget()
        return len(found)

    def _missing_rows(self) -> tuple[Mapping[str, list[MetricRow]], int]:
        """Rows by run, and where in the history they end."""
        rows: defaultdict[str, list[MetricRow]] = defaultdict(list)
        end = self._ledger.history
        for line_end, key, found in self._history.read(end):
            told = self._ledger.runs.get(key)
            if told is None or told.run_id is None:  # until its document has come
                break
            rows[key].extend(found)
            end = line_end
        return rows, end

    def _known_rows(self, key: str) -> list[MetricRow]:
        """The rows of a run that are taken to be in MLflow."""
        lines = self._history.read()
        known = (line for line in lines if line[0] <= self._ledger.history and line[1] == key)
        return [row for _, _, rows in known for row in rows]

    def _adopt(self) -> None:
        """Take over what the server has of this study; of several runs of one key the oldest."""
        for key, (first, *doubled) in self._recorded().items():
            for run in doubled:
                self._client.delete_run(run.info.run_id)
            self._ledger.told(key, first.info.run_id, None)

    def _recorded(self) -> dict[str, list[Any]]:
        """The study's runs by key, the oldest first; versions before the ledger's marked those
        below the study's own by their parent only."""
        roots = self._search(f"tags.`{KEY_TAG}` = '{self._root}'")
        below = [f"tags.`{OF_TAG}` = '{self._root}'"]
        below += [f"tags.`{PARENT_TAG}` = '{root.info.run_id}'" for root in roots]
        unique = {run.info.run_id: run for condition in below for run in self._search(condition)}
        found = defaultdict(list)
        for run in sorted(unique.values(), key=lambda run: run.info.start_time):
            found[run.data.tags.get(TRIAL_TAG, "")].append(run)
        return {self._root: roots, **found} if roots else dict(found)

    def _run_id(self, key: str) -> str | None:
        """None if MLflow has no such run."""
        told = self._ledger.runs.get(key)
        if told is None:
            return None
        # Without an id it was being made when the process or the server died.
        return told.run_id or self._searched(key)

    def _searched(self, key: str) -> str | None:
        condition = f"tags.`{KEY_TAG}` = '{key}'"
        if key != self._root:
            condition = f"tags.`{OF_TAG}` = '{self._root}' and tags.`{TRIAL_TAG}` = '{key}'"
        found = self._search(condition)
        return str(found[0].info.run_id) if found else None

    def _search(self, condition: str) -> list[Any]:
        """All pages of it."""
        runs: list[Any] = []
        token = None
        while True:
            page = self._client.search_runs(
                [self._experiment], condition, max_results=1000, page_token=token
            )
            runs.extend(page)
            if not (token := page.token):
                return runs

    def _create(self, document: RunDocument) -> str:
        self._ledger.making(document.key)
        run = self._client.create_run(
            self._experiment,
            start_time=milliseconds(document.started),
            tags=self._tags(document),
            run_name=_storable(document.name),
        )
        run_id = str(run.info.run_id)
        self._ledger.told(document.key, run_id, None)
        return run_id

    def _tags(self, document: RunDocument) -> dict[str, str]:
        """Those of the document, and those that place it."""
        tags = {name: _storable(value) for name, value in document.tags.items()}
        if document.under is None:
            return {**tags, KEY_TAG: self._root}
        parent = str(self._ledger.runs[document.under].run_id)
        return {**tags, OF_TAG: self._root, TRIAL_TAG: document.key, PARENT_TAG: parent}

    def _shows(self, run_id: str, document: RunDocument) -> bool:
        """Whether the run could be brought in line; not if it was deleted."""
        from mlflow.exceptions import MlflowException

        try:
            self._show(run_id, document)
        except MlflowException as error:
            if error.error_code not in GONE or self._exists(run_id):
                raise
            return False
        return True

    def _exists(self, run_id: str) -> bool:
        from mlflow.exceptions import MlflowException

        try:
            return bool(self._client.get_run(run_id).info.lifecycle_stage == "active")
        except MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
            return False

    def _show(self, run_id: str, document: RunDocument) -> None:
        """Send what this process has not sent yet."""
        before = self._shown.get(document.key)
        metrics = set(document.metrics) - set(before.metrics if before else ())
        params = document.params.items() - (before.params.items() if before else set())
        tags = self._tags(document)
        self._log(run_id, sorted(metrics), dict(sorted(params)), tags)
        if before is None or before.status != document.status:
            self._set_status(run_id, document)

    def _log(
        self,
        run_id: str,
        metrics: Sequence[MetricRow] = (),
        params: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """In as few requests as MLflow's limits allow."""
        from mlflow.entities import Metric, Param, RunTag

        rows = [Metric(row.key, row.value, row.time_ms, row.step) for row in metrics]
        settings = [Param(key, _storable(value)) for key, value in (params or {}).items()]
        marks = [RunTag(key, value) for key, value in (tags or {}).items()]
        pages = zip_longest(_pages(rows, METRICS), _pages(settings, PARAMS), _pages(marks, PARAMS))
        for some_rows, some_settings, some_marks in pages:
            self._client.log_batch(
                run_id, metrics=some_rows or (), params=some_settings or (), tags=some_marks or ()
            )

    def _set_status(self, run_id: str, document: RunDocument) -> None:
        if document.status == "RUNNING":
            self._client.update_run(run_id, status=document.status)
        else:
            end = milliseconds(document.ended)
            self._client.set_terminated(run_id, status=document.status, end_time=end)


def _storable(text: str) -> str:
    """As MLflow's databases take it: PostgreSQL has no NUL, none has lone surrogates, and a record
    that is refused would be tried for ever."""
    return UNWRITABLE.sub(lambda found: ascii(found[0])[1:-1], text)[:LONGEST]


def _pages(items: Sequence[Item], size: int) -> Iterator[list[Item]]:
    for start in range(0, len(items), size):
        yield list(items[start : start + size])
