"""A study taken out of its store: its journal and its runs in MLflow. What its trials made stays,
because other studies and commands may find it."""

from __future__ import annotations

import secrets
import shutil
from dataclasses import dataclass

from sem_ray.errors import BadInput
from sem_ray.files import writing_to
from sem_ray.store import REMEDY, Store
from sem_ray.studies.journal.storage import is_running, load_study, study_folder, sweeping
from sem_ray.studies.recording.study_runs import StudyRuns


@dataclass(frozen=True)
class Deleted:
    """What went."""

    study: str
    trials: int
    """Of its journal."""
    runs: int
    """Of MLflow, the study's own included; MLflow keeps them as deleted until `mlflow gc`."""


def require_deletable(store: Store, name: str) -> int:
    """How many trials the study has. Raises `BadInput` if it is unknown or being swept."""
    record = load_study(store, name)
    if is_running(store, name):
        raise BadInput(f"a sweep of study {name} is running; end it, or wait, before deleting it")
    return len(record.study.get_trials(deepcopy=False))


def delete(store: Store, name: str) -> Deleted:
    """Delete the study of this name. Its runs go first, so that a failure there leaves the study
    whole and the same command goes on.

    Raises `BadInput` if it is unknown or being swept, `TrackingFailed` if MLflow fails.
    """
    trials = require_deletable(store, name)
    record = load_study(store, name)
    with sweeping(store, name), writing_to(record.folder, REMEDY):
        runs = StudyRuns(store, record).delete()
        # A killed deletion leaves no half of a study under its name.
        aside = study_folder(store, f".{name}.deleted-{secrets.token_hex(4)}")
        record.folder.rename(aside)
        shutil.rmtree(aside)
    return Deleted(name, trials, runs)
