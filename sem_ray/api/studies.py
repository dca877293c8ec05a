"""`sweep`, `status` and `best`: a study run, looked at, and asked for its answer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sem_ray.api.cost_notices import precision_notices
from sem_ray.cluster.ray_session import known_nodes
from sem_ray.devices import pick_device
from sem_ray.store import Store
from sem_ray.studies import deletion, listing, queries
from sem_ray.studies.definition import study_file
from sem_ray.studies.definition.device_wish import device_wish
from sem_ray.studies.definition.overrides import (
    StudyOverrides as StudyOverrides,  # noqa: PLC0414  given on to users of the API
)
from sem_ray.studies.definition.study_spec import StudySpec
from sem_ray.studies.deletion import Deleted
from sem_ray.studies.events import OnEvent, Warned, ignore
from sem_ray.studies.listing import StudySummary
from sem_ray.studies.plan import sweep_plan
from sem_ray.studies.plan.sweep_plan import SweepPlan
from sem_ray.studies.queries import Best, StudyStatus
from sem_ray.studies.run import sweep as sweeping
from sem_ray.studies.run.amendments import Amendments
from sem_ray.studies.run.sweep import SweepResult
from sem_ray.studies.watch.poll import StudyPoll

RECORDS = 32_000_000
"""Bytes that the journal, MLflow's database and Ray's scratch may come to."""


def read_study(file: Path | str, changes: StudyOverrides | None = None) -> StudySpec:
    """The study in a search space file; `changes` are over what it says. Raises `BadInput` with the
    file, the line and the path of what is wrong."""
    return study_file.read_study(Path(file), changes)


def sweep(
    study: StudySpec | Path | str,
    *,
    trials: int | None = None,
    store: Path | str | None = None,
    on_event: OnEvent = ignore,
    retry_failed: bool = False,
    skip: Sequence[int] = (),
    seeded_from: str | None = None,
) -> SweepResult:
    """Run a study, or go on with one, until `trials` of its trials are finished.

    retry_failed: run every failed trial again, with its values. skip: numbers of trials to leave
    out for good. seeded_from: name of a study of the store whose finished trials are taken over, as
    far as they fit.

    Raises `BadInput` if it cannot run as asked, `WorkFailed` if it could not go on.
    """
    spec = study if isinstance(study, StudySpec) else read_study(study)
    artifacts = Store.open(store)
    artifacts.require_space(RECORDS, "a sweep")
    for notice in _precision(spec):
        on_event(Warned(notice))
    amendments = Amendments(retry_failed, tuple(skip), seeded_from)
    return sweeping.run_sweep(
        spec, artifacts, trials=trials, on_event=on_event, amendments=amendments
    )


def _precision(spec: StudySpec) -> tuple[str, ...]:
    """What the study's precision costs its trials, as far as this machine can tell."""
    device = pick_device("auto" if device_wish(spec).may_take_gpus(known_nodes()) else "cpu")
    return precision_notices(spec.experiment({}), device)


def plan(
    study: StudySpec | Path | str,
    *,
    trials: int | None = None,
    store: Path | str | None = None,
) -> SweepPlan:
    """What `sweep` would do and cost: nothing is written. What no trial of the store tells about
    speed is measured, in seconds. Raises `BadInput` as `sweep` would."""
    spec = study if isinstance(study, StudySpec) else read_study(study)
    place = Store.place(store)
    return sweep_plan.plan(spec, Store(place) if place.is_dir() else None, trials=trials)


def status(study: str, *, store: Path | str | None = None) -> StudyStatus:
    """How every trial of the study named `study` stands."""
    return queries.status(Store.existing(store), study)


def watch(study: str, *, store: Path | str | None = None) -> StudyPoll:
    """A look at the study named `study`, to be taken again and again, also from another process or
    machine than the one that sweeps it. The study need not exist yet."""
    return StudyPoll(Store(Store.place(store)), study)


def best(study: str, *, store: Path | str | None = None) -> Best:
    """The best configuration of the study named `study`, as its journal has it; by its first
    objective if it has several."""
    return queries.best(Store.existing(store), study)


def list_studies(*, store: Path | str | None = None) -> tuple[StudySummary, ...]:
    """Every study of the store and how it stands, the one that was changed last first."""
    return listing.summaries(Store.existing(store))


def require_deletable(study: str, *, store: Path | str | None = None) -> int:
    """How many trials the study named `study` has. Raises `BadInput` if it is unknown, or if a
    sweep of it is running."""
    return deletion.require_deletable(Store.existing(store), study)


def delete_study(study: str, *, store: Path | str | None = None) -> Deleted:
    """Delete the study named `study`: its journal and its runs in MLflow. What its trials made
    stays. Raises `BadInput` as `require_deletable` does, `WorkFailed` if MLflow fails."""
    return deletion.delete(Store.existing(store), study)
