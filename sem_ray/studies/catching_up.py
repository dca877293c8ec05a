"""MLflow brought in line with a study by hand: after an outage, or from nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sem_ray.files import writing_to
from sem_ray.records.connection import tracking_uri
from sem_ray.records.ledger import Ledger
from sem_ray.store import REMEDY, Store
from sem_ray.studies.comparison import leading
from sem_ray.studies.journal.storage import StudyRecord, is_running, load_study, studies, sweeping
from sem_ray.studies.recording.study_runs import StudyRuns


@dataclass(frozen=True)
class CaughtUp:
    """What was brought of one study."""

    study: str
    runs: int
    """That were not in line: its own, its configurations' and its trials'."""
    being_swept: bool = False
    """Then its sweep records it, and nothing was done."""


def catch_up(
    store: Store, names: Sequence[str] = (), *, from_nothing: bool = False
) -> tuple[CaughtUp, ...]:
    """Bring MLflow in line with the studies of these names, or with all of the store.

    from_nothing: do not trust what MLflow is known to have; send everything. Raises `BadInput` if
    one is unknown, `TrackingFailed` if MLflow fails.
    """
    wanted = list(names) or studies(store)
    return tuple(_caught_up(store, name, from_nothing) for name in wanted)


def _caught_up(store: Store, name: str, from_nothing: bool) -> CaughtUp:
    record = load_study(store, name)
    if is_running(store, name):
        return CaughtUp(name, 0, being_swept=True)
    with sweeping(store, name):
        if from_nothing:
            with writing_to(record.folder, REMEDY):
                Ledger.of(record.folder, tracking_uri(store)).forget()
        return CaughtUp(name, _brought(store, record))


def _brought(store: Store, record: StudyRecord) -> int:
    trials = record.study.get_trials(deepcopy=False)
    leader = leading(record.configurations())
    return StudyRuns(store, record).reconcile(trials, frozenset(), sweeping=False, leader=leader)
