"""What a study says of the devices of its trials."""

from __future__ import annotations

from sem_ray.cluster.device_choice import DeviceWish
from sem_ray.studies.definition.study_spec import StudySpec

SMALL = ("tiny", "small")
"""Networks of which one trial leaves most of a GPU idle."""
NETWORKS = ("surrogate.network", "victim.network")


def device_wish(spec: StudySpec) -> DeviceWish:
    """The wish of `spec`, which is open if it gives no resources."""
    return DeviceWish(spec.resources, trains_small_networks(spec), spec.concurrency)


def trains_small_networks(spec: StudySpec) -> bool:
    """Whether every network that it may train is a small one."""
    base = spec.experiment({})
    names: set[object] = {base.surrogate.network, base.victim.network}
    for path in NETWORKS:
        if (searched := spec.search.get(path)) is not None:
            names.update(searched.probes())
    return names <= set(SMALL)
