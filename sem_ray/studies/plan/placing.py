"""Which devices the trials of a study take, and how many run at once."""

from __future__ import annotations

from sem_ray.cluster.device_choice import DeviceChoice
from sem_ray.cluster.ray_session import known_nodes
from sem_ray.spec.resources import AUTO, TrialResources
from sem_ray.studies.definition.device_wish import device_wish
from sem_ray.studies.definition.study_spec import StudySpec
from sem_ray.studies.plan.cost import Devices

UNKNOWN = "the machines of the Ray cluster are not known before it is reached"


def devices_of(spec: StudySpec) -> Devices:
    """As far as is known before Ray starts. Raises `BadInput` if a trial never fits."""
    wish, nodes = device_wish(spec), known_nodes()
    if nodes is None:
        wanted = wish.wanted
        gpus = 1.0 if wanted is None or wanted.gpus == AUTO else wanted.gpus
        asked = TrialResources(gpus=gpus) if wanted is None else wanted.given(gpus)
        return _devices(asked, None, UNKNOWN)
    choice: DeviceChoice = wish.on(nodes)
    return _devices(choice.resources, choice.at_once, choice.notice)


def _devices(resources: TrialResources, at_once: int | None, notice: str) -> Devices:
    actors = resources.actors
    workers = actors.count if actors else 1
    cpus = resources.cpus + (actors.cpus * workers if actors else 0)
    gpus = resources.gpus_in_all
    kind, count = ("GPU", gpus) if gpus else ("core", cpus)
    return Devices(kind, count, at_once, workers, notice)
