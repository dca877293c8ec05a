"""Ray Tune's searcher over Optuna's ask and tell: the journal is the one record.

Tune keeps nothing that matters. A restarted sweep asks the study what is left: trials it finds
RUNNING were cut off and are run again, ended ones stay as they are.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState
from ray.tune.search import Searcher
from typing_extensions import override

from sem_ray.errors import BadInput, writing_to
from sem_ray.metrics.measurement import Measurement, means
from sem_ray.progress import Progress
from sem_ray.store import WAY_OUT
from sem_ray.studies import attributes
from sem_ray.studies.attributes import MEASUREMENTS
from sem_ray.studies.definition.objective import unusable
from sem_ray.studies.events import TrialProgress
from sem_ray.studies.storage import StudyRecord
from sem_ray.studies.trial import FAILURE, OUTCOME, PROGRESS, SPEC, TRIAL

WORKER_DIED = "its worker died (killed, or out of memory)"

OnTrial = Callable[[FrozenTrial], None]
OnProgress = Callable[[TrialProgress], None]
Report = Mapping[str, Any]


class StudySearcher(Searcher):  # type: ignore[misc]  # Ray has no types
    """Asks until `target` trials are complete. A failed one is replaced, as many times as trials
    were missing at the start, so a sweep in which everything fails ends."""

    def __init__(
        self,
        record: StudyRecord,
        target: int,
        concurrency: int,
        on_trial: OnTrial,
        on_progress: OnProgress,
    ) -> None:
        super().__init__()
        self._record, self._study = record, record.study
        self._target, self._concurrency = target, concurrency
        self._on_trial, self._on_progress = on_trial, on_progress
        self._cut_off = deque(self._numbers(TrialState.RUNNING))
        self._failures_left = max(target - self.complete, 1)
        self._live: dict[str, optuna.Trial] = {}
        self._reports: dict[str, Report] = {}
        self.failure: Exception | None = None
        """What ended the sweep early; Tune would bury it."""

    @property
    def complete(self) -> int:
        return len(self._numbers(TrialState.COMPLETE))

    @property
    def live(self) -> frozenset[int]:
        return frozenset(trial.number for trial in self._live.values())

    @override
    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        """A trial's config, None for "ask again later", or FINISHED."""
        while not self._is_over():
            wanted = self._target - self.complete - len(self._live)
            if wanted <= 0 or len(self._live) >= self._concurrency:
                return None
            with writing_to(self._record.folder, WAY_OUT):
                config = self._started(trial_id)
            if config is not None:
                return config
        return None if self._live else str(Searcher.FINISHED)

    @override
    def on_trial_result(self, trial_id: str, result: Report) -> None:
        for kind in (OUTCOME, FAILURE):
            if kind in result:
                self._reports[trial_id] = {kind: json.loads(result[kind])}
        if PROGRESS in result and trial_id in self._live:
            progress = Progress.read(json.loads(result[PROGRESS]))
            self._on_progress(TrialProgress(self._live[trial_id].number, progress))

    @override
    def on_trial_complete(
        self, trial_id: str, result: Report | None = None, error: bool = False
    ) -> None:
        trial = self._live.pop(trial_id, None)
        if trial is None:
            return
        report = self._reports.pop(trial_id, {})
        try:
            with writing_to(self._record.folder, WAY_OUT):
                self._end(trial, report)
        except Exception as failure:  # noqa: BLE001  # Tune would bury it; the sweep raises it
            self.failure = self.failure or failure

    @override
    def save(self, checkpoint_path: str) -> None:
        """Nothing: the journal has it."""

    @override
    def restore(self, checkpoint_path: str) -> None:
        """Nothing: the journal has it."""

    def __getstate__(self) -> dict[str, Any]:
        """Nothing: Tune pickles its searcher for a restore that is never asked for."""
        return {}

    def _is_over(self) -> bool:
        if self.failure is not None or self._failures_left <= 0:
            return True
        return self.complete >= self._target

    def _started(self, trial_id: str) -> dict[str, Any] | None:
        trial = self._next_trial()
        try:
            spec = self._record.spec.experiment(trial.params)
        except BadInput as error:
            self._fail(trial, str(error), {})
            return None
        attributes.note_start(trial, spec)
        self._live[trial_id] = trial
        self._on_trial(self._frozen(trial.number))
        return {TRIAL: trial.number, SPEC: spec.model_dump_json()}

    def _next_trial(self) -> optuna.Trial:
        if self._cut_off:
            frozen = self._frozen(self._cut_off.popleft())
            trial = optuna.Trial(self._study, frozen._trial_id)
        else:
            trial = self._study.ask()
        for path, distribution in self._record.spec.search.items():
            distribution.suggested(trial, path)
        return trial

    def _end(self, trial: optuna.Trial, report: Report) -> None:
        outcome, failure = report.get(OUTCOME), report.get(FAILURE, {})
        if outcome is None:
            self._fail(trial, failure.get("error", WORKER_DIED), failure)
            return
        objectives = self._record.spec.objectives
        metrics = means(map(Measurement.model_validate, outcome[MEASUREMENTS]))
        if reason := unusable(objectives, metrics):
            self._fail(trial, reason, {"seconds": outcome["seconds"]})
            return
        attributes.note_outcome(trial, outcome)
        values = [metrics[objective.metric] for objective in objectives]
        self._study.tell(trial, values, skip_if_finished=True)
        self._on_trial(self._frozen(trial.number))

    def _fail(self, trial: optuna.Trial, error: str, failure: Report) -> None:
        attributes.note_failure(trial, error, failure)
        self._study.tell(trial, state=TrialState.FAIL, skip_if_finished=True)
        self._failures_left -= 1
        if failure.get("bad_input") and self.complete == 0:
            # Images that cannot be read fail every trial alike: say so once, and at once.
            self.failure = self.failure or BadInput(error)
        self._on_trial(self._frozen(trial.number))

    def _frozen(self, number: int) -> FrozenTrial:
        return self._study.get_trials(deepcopy=False)[number]

    def _numbers(self, state: TrialState) -> list[int]:
        return [t.number for t in self._study.get_trials(deepcopy=False, states=(state,))]
