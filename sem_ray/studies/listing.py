"""Which studies a store holds, and how each stands, in a line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from optuna.trial import TrialState

from sem_ray.errors import SemRayError
from sem_ray.store import Store
from sem_ray.studies.feasibility import is_feasible
from sem_ray.studies.journal.configurations import Configuration, Configurations
from sem_ray.studies.journal.storage import (
    JOURNAL_FILE,
    is_running,
    load_study,
    studies,
    study_folder,
)

StudyState = Literal["running", "finished", "unfinished", "unreadable"]


@dataclass(frozen=True)
class StudySummary:
    """A study, as far as its journal says."""

    study: str
    state: StudyState
    """`running`: a sweep is at it now; `finished`: it has all that its last sweep asked for."""
    changed: float
    """When its journal was last written, in seconds since the epoch."""
    configurations: int = 0
    """Finished ones: those that have run with every seed of the search, or were stopped early."""
    wanted: int = 0
    """Configurations that the last sweep was to reach."""
    failed: int = 0
    """Trials."""
    metric: str | None = None
    """The key of the first objective."""
    best: float | None = None
    """The best mean of the first objective that any configuration has, if one keeps to the
    constraints; by how many seeds is for `best` to say."""
    configuration: int | None = None
    """Its number."""
    error: str | None = None
    """Why it cannot be read."""


def summaries(store: Store) -> tuple[StudySummary, ...]:
    """Every study of the store, the one that was changed last first."""
    found = (_summary(store, name) for name in studies(store))
    return tuple(sorted(found, key=lambda one: (-one.changed, one.study)))


def _summary(store: Store, name: str) -> StudySummary:
    """A record that cannot be read does not hide the others."""
    changed = _changed(study_folder(store, name))
    try:
        return _read(store, name, changed)
    except SemRayError as error:
        return StudySummary(name, "unreadable", changed, error=str(error))
    except (ValueError, KeyError) as error:
        reason = f"{study_folder(store, name)} is damaged ({type(error).__name__}: {error})"
        return StudySummary(name, "unreadable", changed, error=reason)


def _read(store: Store, name: str, changed: float) -> StudySummary:
    record = load_study(store, name)
    configurations = record.configurations()
    failed = record.study.get_trials(deepcopy=False, states=(TrialState.FAIL,))
    best = _best(configurations)
    over = configurations.remaining() == 0
    metric = configurations.objective.metric
    return StudySummary(
        study=name,
        state="running" if is_running(store, name) else "finished" if over else "unfinished",
        changed=changed,
        configurations=len(configurations.searched),
        wanted=record.spec.trials,
        failed=len(failed),
        metric=metric,
        best=None if best is None else best.mean(metric, best.runs),
        configuration=None if best is None else best.number,
    )


def _best(configurations: Configurations) -> Configuration | None:
    """The winner if the race has one, else the configuration with the best mean."""
    if (winner := configurations.winner()) is not None:
        return winner
    objective = configurations.objective
    done = configurations.distinct() or [one for one in configurations if one.runs]
    kept = [one for one in done if is_feasible(configurations, one)]
    return min(
        kept,
        key=lambda one: (objective.sign * one.mean(objective.metric, one.runs), one.number),
        default=None,
    )


def _changed(folder: Path) -> float:
    journal = folder / JOURNAL_FILE
    return (journal if journal.exists() else folder).stat().st_mtime
