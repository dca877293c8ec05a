"""Which devices the trials of a study take, and how many run at once."""

from __future__ import annotations

from sem_ray.cluster.placement import room, trial_bundles
from sem_ray.cluster.ray_session import known_nodes
from sem_ray.studies.definition.study_spec import StudySpec
from sem_ray.studies.plan.cost import Devices


def devices_of(spec: StudySpec) -> Devices:
    """As far as is known before Ray starts."""
    wanted, actors = spec.resources, spec.resources.actors
    count = actors.count if actors else 1
    gpus = wanted.gpus + (actors.gpus * actors.count if actors else 0)
    cpus = wanted.cpus + (actors.cpus * actors.count if actors else 0)
    nodes = known_nodes()
    at_once = None if nodes is None else room(trial_bundles(wanted), nodes)
    if at_once is not None and spec.concurrency is not None:
        at_once = min(at_once, spec.concurrency)
    kind, amount = ("GPU", gpus) if gpus else ("core", cpus)
    return Devices(kind, amount, at_once, count)
