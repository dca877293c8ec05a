"""The runs of one study in MLflow, brought in line with its journal and its history."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence

from optuna.trial import FrozenTrial

from sem_ray.records.delivery import Delivery
from sem_ray.store import Store
from sem_ray.studies.journal.storage import StudyRecord
from sem_ray.studies.recording import documents
from sem_ray.studies.recording.documents import study_documents


class StudyRuns:
    """Every method raises `TrackingFailed` if MLflow fails."""

    def __init__(self, store: Store, record: StudyRecord) -> None:
        self._spec, self._key = record.spec, record.key
        self._delivery = Delivery(store, record.key, record.folder)

    def write(self, trial: FrozenTrial, siblings: Sequence[FrozenTrial], *, live: bool) -> None:
        """Bring the trial's run in line with it, and that of its configuration, whose runs
        `siblings` are. `live`: it is being worked on right now."""
        running = {trial.number} if live else frozenset[int]()
        if documents.has_configurations(self._spec):
            runs = sorted(siblings, key=lambda one: one.number)
            self._delivery.bring(
                documents.configuration_document(self._spec, self._key, runs, running)
            )
        self._delivery.bring(documents.trial_document(self._spec, self._key, trial, live))

    def write_study(self, trials: Sequence[FrozenTrial]) -> None:
        """Bring the study's own run in line while a sweep is at it."""
        shown = documents.study_document(self._spec, self._key, trials, sweeping=True, leader=None)
        self._delivery.bring(shown)

    def write_history(self) -> None:
        """Add what the history has and MLflow does not."""
        self._delivery.bring_history()

    def reconcile(
        self,
        trials: Iterable[FrozenTrial],
        live: Container[int],
        *,
        sweeping: bool,
        leader: int | None = None,
        alive: Callable[[], None] = lambda: None,
    ) -> int:
        """Exactly one run for each trial and configuration, in its state, nothing RUNNING that is
        not, and all of the history; how many runs were not in line. `alive` is called between two
        runs."""
        changed = 0
        shown = study_documents(
            self._spec, self._key, trials, live, sweeping=sweeping, leader=leader
        )
        for document in shown:
            alive()
            changed += self._delivery.bring(document)
        self._delivery.bring_history()
        return changed

    def delete(self) -> int:
        """Delete the study's run and those below it; how many there were."""
        return self._delivery.delete()
