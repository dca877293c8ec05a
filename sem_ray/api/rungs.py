"""`fidelity`: a study asked what its rungs are worth."""

from __future__ import annotations

from pathlib import Path

from sem_ray.store import Store
from sem_ray.studies import fidelity as rungs
from sem_ray.studies.fidelity import StudyFidelity


def fidelity(study: str, *, store: Path | str | None = None) -> StudyFidelity:
    """How well each rung of the study named `study` orders configurations as their ends do. Raises
    `BadInput` if it is unknown or measures nothing on its way."""
    return rungs.fidelity(Store.existing(store), study)
