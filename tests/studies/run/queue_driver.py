"""A sweep without a backend: trials are asked for and ended by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from optuna.trial import FrozenTrial, TrialState

from sem_ray.store import Store
from sem_ray.studies.events import TrialProgress
from sem_ray.studies.journal.storage import StudyRecord, open_study
from sem_ray.studies.journal.trial_report import Failed, Finished
from sem_ray.studies.run.spending.budget import Budget
from sem_ray.studies.run.trial_queue import TrialQueue, TrialRequest
from tests.studies.fakes import measured, study


class Sweep:
    """A queue on a study in `store`, and what it told."""

    def __init__(
        self,
        store: Store,
        *,
        target: int = 4,
        concurrency: int | None = 2,
        on_trial: Callable[[FrozenTrial], None] | None = None,
        **changes: Any,
    ) -> None:
        spec = study(**{"trials": target, **changes})
        self.record: StudyRecord = open_study(store, spec)
        self.seen: list[tuple[int, TrialState]] = []
        self.progress: list[TrialProgress] = []
        budget = Budget.for_runs(self.record.configurations().remaining(), concurrency)
        self.queue = TrialQueue(
            self.record, budget, on_trial or self._note, self.progress.append, store
        )

    def _note(self, trial: FrozenTrial) -> None:
        self.seen.append((trial.number, trial.state))

    def take(self) -> TrialRequest:
        request = self.queue.next()
        assert request is not None
        return request

    def finish(self, request: TrialRequest, **changes: float) -> None:
        found = measured(request.spec, **changes)
        report = Finished(measurements=found, noise_identity="n", seconds=1.5)
        self.queue.end(request.trial, report)

    def fail(self, request: TrialRequest, **facts: Any) -> None:
        report = Failed(**{"error": "no luck", "traceback": "…", "seconds": 0.5, **facts})
        self.queue.end(request.trial, report)

    @property
    def waits(self) -> bool:
        return self.queue.next() is None and not self.queue.over

    @property
    def over(self) -> bool:
        return self.queue.next() is None and self.queue.over

    def states(self) -> list[str]:
        return [trial.state.name for trial in self.record.study.trials]
