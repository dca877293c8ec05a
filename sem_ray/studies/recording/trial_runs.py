"""One MLflow run for each trial, found by its tag, so that writing it again changes nothing."""

from __future__ import annotations

import json
import re
import time
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping
from typing import Any

from optuna.trial import FrozenTrial, TrialState

from sem_ray.progress import Progress
from sem_ray.records.connection import (
    connect,
    one_writer,
    tracking_errors,
    tracking_uri,
)
from sem_ray.store import Store
from sem_ray.studies.journal import trial_attributes as attributes
from sem_ray.studies.journal.storage import StudyRecord

PARENT = "mlflow.parentRunId"
TRIAL_TAG = "sem_ray.trial"
STUDY_TAG = "sem_ray.study"
KEY_TAG = "sem_ray.study_key"
SPEC_TAG = "sem_ray.spec"
NOISE_TAG = "sem_ray.noise_identity"
ERROR_TAG = "sem_ray.error"
CONFIGURATION_TAG = "sem_ray.configuration"
REPLICATE_TAG = "sem_ray.replicate"
NOTE_TAG = "mlflow.note.content"

BATCH = 100
"""Parameters MLflow takes at once."""
LONGEST = 6000
"""Characters of a parameter's or tag's value."""


class StudyRuns:
    """The runs of one study. Every method raises `TrackingFailed` where MLflow does."""

    def __init__(self, store: Store, record: StudyRecord) -> None:
        self._store, self._record = store, record
        self._uri = tracking_uri(store)
        tracking = connect(store)
        self._client, self._experiment = tracking.client, tracking.experiment
        self._parent: str | None = None

    def write(self, trial: FrozenTrial, *, live: bool) -> None:
        """Bring the trial's run in line with it. `live`: it is being worked on right now."""
        with one_writer(self._store), tracking_errors(self._uri):
            found = self._search(f"tags.`{TRIAL_TAG}` = '{self._tag(trial)}'")
            self._write(trial, live, found)

    def watch(self, trial: int, progress: Progress) -> None:
        """Add how a running trial stands to its run."""
        from mlflow.entities import Metric

        with one_writer(self._store), tracking_errors(self._uri):
            found = self._search(f"tags.`{TRIAL_TAG}` = '{self._name(trial)}'")
            if found:
                now = int(time.time() * 1000)
                values = watched(progress)
                metrics = [Metric(k, v, now, progress.done) for k, v in values.items()]
                self._client.log_batch(found[0].info.run_id, metrics=metrics)

    def reconcile(
        self, trials: Iterable[FrozenTrial], live: Container[int], *, sweeping: bool
    ) -> None:
        """Exactly one run for each trial, in its state, and nothing RUNNING that is not."""
        with one_writer(self._store), tracking_errors(self._uri):
            runs = defaultdict(list)
            for run in self._search(None):
                runs[run.data.tags.get(TRIAL_TAG)].append(run)
            known = [trial for trial in trials if trial.state != TrialState.WAITING]
            for trial in known:
                self._write(trial, trial.number in live, runs[self._tag(trial)], lazily=True)
            ended = all(trial.state.is_finished() for trial in known)
            self._end_parent("RUNNING" if sweeping else "FINISHED" if ended else "KILLED")

    def best(self) -> Any | None:
        """The finished run that meets the first objective best, ordered by the server; of equal
        ones the next objective decides, then age."""
        orders = {"minimize": "ASC", "maximize": "DESC"}
        objectives = self._record.spec.objectives
        with tracking_errors(self._uri):
            found = self._client.search_runs(
                [self._experiment],
                f"tags.`{PARENT}` = '{self.parent}' and attributes.status = 'FINISHED'",
                order_by=[
                    *(f"metrics.`{o.metric}` {orders[o.direction]}" for o in objectives),
                    "attributes.start_time ASC",
                ],
                max_results=1,
            )
        return found[0] if found else None

    @property
    def parent(self) -> str:
        """The study's own run."""
        if self._parent is None:
            found = self._client.search_runs(
                [self._experiment], f"tags.`{KEY_TAG}` = '{self._record.key}'", max_results=1
            )
            run = found[0] if found else self._created_parent()
            self._parent = str(run.info.run_id)
        return self._parent

    def _created_parent(self) -> Any:
        spec = self._record.spec
        tags = {STUDY_TAG: spec.name, KEY_TAG: self._record.key, NOTE_TAG: spec.hypothesis}
        return self._client.create_run(self._experiment, tags=tags, run_name=spec.name)

    def _end_parent(self, status: str) -> None:
        if self._client.get_run(self.parent).info.status != status:
            self._set_status(self.parent, status, None)

    def _search(self, condition: str | None) -> list[Any]:
        """The study's trial runs, all pages."""
        parts = [f"tags.`{PARENT}` = '{self.parent}'", *([condition] if condition else [])]
        runs: list[Any] = []
        token = None
        while True:
            page = self._client.search_runs(
                [self._experiment], " and ".join(parts), max_results=1000, page_token=token
            )
            runs.extend(page)
            if not (token := page.token):
                return runs

    def _write(
        self, trial: FrozenTrial, live: bool, found: list[Any], *, lazily: bool = False
    ) -> None:
        status = _status(trial, live)
        run, *doubled = found or [self._created(trial)]
        for other in doubled:
            self._client.delete_run(other.info.run_id)
        if lazily and found and run.info.status == status:
            return
        self._log(run.info.run_id, trial)
        self._set_status(run.info.run_id, status, _milliseconds(trial.datetime_complete))

    def _created(self, trial: FrozenTrial) -> Any:
        tag = self._tag(trial)
        study = self._record.spec.name
        return self._client.create_run(
            self._experiment,
            start_time=_milliseconds(trial.datetime_start),
            tags={TRIAL_TAG: tag, STUDY_TAG: study, PARENT: self.parent},
            run_name=tag,
        )

    def _log(self, run_id: str, trial: FrozenTrial) -> None:
        from mlflow.entities import Metric, Param, RunTag

        # Fixed times make a repeated metric the same row.
        ended = _milliseconds(trial.datetime_complete) or 0
        metrics = [Metric(k, v, ended, 0) for k, v in numbers(trial).items()]
        params = [Param(k, v) for k, v in parameters(trial).items()]
        tags = [RunTag(k, v[:LONGEST]) for k, v in _tags(trial).items()]
        self._client.log_batch(run_id, metrics=metrics, params=params[:BATCH], tags=tags)
        for start in range(BATCH, len(params), BATCH):
            self._client.log_batch(run_id, params=params[start : start + BATCH])

    def _set_status(self, run_id: str, status: str, end: int | None) -> None:
        if status == "RUNNING":
            self._client.update_run(run_id, status=status)
        else:
            self._client.set_terminated(run_id, status=status, end_time=end)

    def _tag(self, trial: FrozenTrial) -> str:
        return self._name(trial.number)

    def _name(self, trial: int) -> str:
        return f"{self._record.spec.name}/{trial}"


def _status(trial: FrozenTrial, live: bool) -> str:
    ended = {TrialState.COMPLETE: "FINISHED", TrialState.FAIL: "FAILED"}
    return ended.get(trial.state, "RUNNING" if live else "KILLED")


def numbers(trial: FrozenTrial) -> dict[str, float]:
    """What the run shows as metrics: accuracies in %, durations in seconds."""
    seconds = attributes.seconds_of(trial)
    return attributes.metrics_of(trial) | ({} if seconds is None else {"seconds": seconds})


def watched(progress: Progress) -> dict[str, float]:
    """A running trial's metrics, by stage and actor: `noise/step`, `noise/loss`,
    `noise/actor 0/images_per_second`, `noise/restarts`."""
    stage = re.sub(r"[^\w\-. /]", "_", progress.stage)
    metrics = {"step": float(progress.done), **progress.metrics}
    if progress.workers:
        metrics["restarts"] = float(progress.restarts)
    metrics |= {f"{worker.name}/images_per_second": worker.rate for worker in progress.workers}
    return {f"{stage}/{name}": value for name, value in metrics.items()}


def parameters(trial: FrozenTrial) -> dict[str, str]:
    """The leaves of the trial's spec, by dotted path."""
    spec = json.loads(trial.user_attrs.get(attributes.SPEC, "{}"))
    return {path: value[:LONGEST] for path, value in leaves(spec).items()}


def leaves(tree: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in tree.items():
        path = f"{prefix}{key}"
        if isinstance(value, Mapping):
            found |= leaves(value, f"{path}.")
        else:
            found[path] = value if isinstance(value, str) else json.dumps(value)
    return found


def _tags(trial: FrozenTrial) -> dict[str, str]:
    names = {
        SPEC_TAG: attributes.SPEC,
        NOISE_TAG: attributes.NOISE,
        ERROR_TAG: attributes.ERROR,
        CONFIGURATION_TAG: attributes.CONFIGURATION,
        REPLICATE_TAG: attributes.REPLICATE,
    }
    found = {tag: trial.user_attrs.get(name) for tag, name in names.items()}
    return {tag: str(value) for tag, value in found.items() if value is not None}


def _milliseconds(moment: Any) -> int | None:
    return None if moment is None else int(moment.timestamp() * 1000)
