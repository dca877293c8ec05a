"""What a sweep would do, without doing or writing anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sem_ray.cluster.ray_session import known_nodes
from sem_ray.data.sources.registry import require_source
from sem_ray.errors import BadInput
from sem_ray.studies.definition.choices import Choices
from sem_ray.studies.definition.device_wish import device_wish
from sem_ray.studies.definition.distributions import Values
from sem_ray.studies.definition.study_spec import SOURCE, StudySpec
from sem_ray.studies.race import most_runs
from sem_ray.studies.samplers.registry import sampler_for
from sem_ray.studies.samplers.view import SamplerView

SHOWN = 8
"""Proposals a plan lists at most."""


@dataclass(frozen=True)
class SweepPlan:
    """A sweep before its first trial."""

    study: str
    trials: int
    settings: Mapping[str, str]
    """Searched path → what it may be, in words."""
    combinations: int | None
    """How many different trials there are; None if a range is continuous."""
    proposals: tuple[Values, ...]
    """The first trials' values, as far as they do not depend on results."""
    replicates: str | None = None
    """With which seeds they run, in words; None if each runs once."""


def plan(spec: StudySpec, *, trials: int | None = None) -> SweepPlan:
    """What `run_sweep` would do with a study that does not exist yet. Raises `BadInput` as it
    would."""
    target = target_of(spec, trials)
    require_runnable(spec)
    foreseen = spec.sampler.startup_trials if spec.sampler.name == "tpe" else target
    return SweepPlan(
        study=spec.name,
        trials=target,
        settings={path: str(distribution) for path, distribution in spec.search.items()},
        combinations=spec.grid_size or None,
        proposals=proposals(spec, min(target, foreseen, SHOWN)),
        replicates=_replicates(spec, target),
    )


def _replicates(spec: StudySpec, target: int) -> str | None:
    found = spec.replicates
    if found is None:
        return None
    text = f"each with {found.min} seed{'s' * (found.min > 1)}"
    if found.max > found.min:
        most = min(found.finalists or target, target)
        text += f"; then at most {most} that may be the best with up to {found.max}"
    if found.confirm:
        text += f"; then the winner with {found.confirm} more"
    return f"{text}: at most {most_runs(target, found)} runs"


def require_runnable(spec: StudySpec) -> None:
    """Raise `BadInput` if a trial never fits the machines, as far as they are known before Ray
    starts, or its images are not there."""
    if (nodes := known_nodes()) is not None:
        device_wish(spec).on(nodes)
    searched = spec.search.get(SOURCE)
    chosen = searched.choices if isinstance(searched, Choices) else ()
    for source in chosen or (spec.experiment({}).data.source,):
        require_source(str(source))


def proposals(spec: StudySpec, count: int) -> tuple[Values, ...]:
    """The first `count` trials' values, each checked to be an experiment."""
    view = SamplerView(spec, sampler_for(spec))
    found = tuple(view.propose() for _ in range(count))
    for values in found:
        spec.experiment(values)
    return found


def target_of(spec: StudySpec, trials: int | None) -> int:
    """Finished trials to reach: of a grid or a list, no more than its points. Raises `BadInput`."""
    target = spec.trials if trials is None else trials
    if target < 1:
        raise BadInput(f"a sweep needs at least 1 trial, got {target}")
    return min(target, spec.grid_size) if spec.is_finite else target
