"""What MLflow shows of studies, brought in line with them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sem_ray.store import Store
from sem_ray.studies.catching_up import CaughtUp, catch_up


def sync_records(
    studies: Sequence[str] = (), *, store: Path | str | None = None
) -> tuple[CaughtUp, ...]:
    """Bring MLflow what it lacks of these studies, or of all in the store; a study that is being
    swept is left to its sweep. Raises `BadInput`, or `WorkFailed` if MLflow fails."""
    return catch_up(Store.existing(store), studies)


def rebuild_records(
    studies: Sequence[str] = (), *, store: Path | str | None = None
) -> tuple[CaughtUp, ...]:
    """The same, and everything is sent whatever MLflow is known to have: for a database that is new
    or was damaged. Raises as `sync_records` does."""
    return catch_up(Store.existing(store), studies, from_nothing=True)
