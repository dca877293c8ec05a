"""What a study asks for before any of it runs: room for a trial, images, first proposals, and how
many configurations."""

from __future__ import annotations

from sem_ray.cluster.ray_session import known_nodes
from sem_ray.data.sources.registry import require_source
from sem_ray.errors import BadInput
from sem_ray.studies.definition.device_wish import device_wish
from sem_ray.studies.definition.space.choices import Choices
from sem_ray.studies.definition.space.distributions import Values
from sem_ray.studies.definition.study_spec import SOURCE, StudySpec
from sem_ray.studies.samplers.registry import sampler_for
from sem_ray.studies.samplers.view import SamplerView


def require_runnable(spec: StudySpec) -> None:
    """Raise `BadInput` if a trial never fits the machines, as far as they are known before Ray
    starts, or its images are not there."""
    if (nodes := known_nodes()) is not None:
        try:
            device_wish(spec).on(nodes)
        except BadInput as error:
            raise spec.fault("resources", str(error)) from error
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
    """Configurations to finish: of a grid or a list no more than its points, and no more than the
    budget allows. Raises `BadInput`."""
    target = spec.trials if trials is None else trials
    if target < 1:
        raise BadInput(f"a sweep needs at least 1 trial, got {target}")
    target = min(target, spec.budget.configurations or target)
    return min(target, spec.grid_size) if spec.is_finite else target
