"""Who computes what a verb asks for: one device, or actors on Ray."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sem_ray.data import ImageSet
from sem_ray.devices import pick_device
from sem_ray.errors import BadInput
from sem_ray.pipeline import Backend, OnDevice
from sem_ray.spec.resources import ActorSpec, Strategy
from sem_ray.spec.validation import validated


@dataclass(frozen=True)
class Actors:
    """How many actors share the work, what each occupies, and on which Ray: that at `address` or
    RAY_ADDRESS, one of our own on this machine where there is neither. gpus: of each; None is one
    where there are enough for all, else none."""

    count: int
    cpus: float = 1
    gpus: float | None = None
    strategy: Strategy = "PACK"
    address: str | None = None

    def spec(self, gpus_there: float) -> ActorSpec:
        """With the GPUs settled. Raises `BadInput`."""
        gpus = self.gpus
        if gpus is None:
            gpus = 1 if gpus_there >= self.count > 0 else 0
        wanted = {"count": self.count, "cpus": self.cpus, "gpus": gpus, "strategy": self.strategy}
        return validated(ActorSpec, wanted, "actors")


@contextmanager
def backend(
    device: str, actors: Actors | None, *sets: ImageSet | None, stream: bool | None = None
) -> Iterator[Backend]:
    """What computes on `sets` of images, which stay where they are where `stream` says so.

    Raises `BadInput` where the device or the Ray that was named is not there, or the actors can
    never fit.
    """
    if actors is None:
        yield OnDevice(pick_device(device), stream)
        return
    if device != "auto":
        raise BadInput(f"device {device!r} and actors: actors have devices of their own; name one")
    actors.spec(0)
    yield from _on_actors(actors, sum(found.images.numel() for found in sets if found), stream)


def _on_actors(actors: Actors, images: int, stream: bool | None) -> Iterator[Backend]:
    from sem_ray import cluster
    from sem_ray.cluster.placement import live_nodes
    from sem_ray.cluster.ray_session import object_store

    with cluster.ray_session(actors.address, memory=object_store(images)):
        wanted = actors.spec(sum(node.get("GPU", 0) for node in live_nodes()))
        with cluster.reserved(wanted) as places:
            found = cluster.OnActors(places, stream=stream)
            try:
                yield found
            finally:
                found.close()
