"""What computes a run: one device, or actors on Ray."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from sem_ray.api.run_options import Actors, RunOptions
from sem_ray.data import ImageSet
from sem_ray.devices import pick_device
from sem_ray.errors import BadInput
from sem_ray.pipeline import Backend, OnDevice
from sem_ray.spec import ExperimentSpec


def kind_of_device(device: str, actors: Actors | None) -> torch.device:
    """The device that `device` names, or for actors one of the kind that they get as far as this
    machine can tell. Raises `BadInput` if it is not there."""
    named = pick_device(device)
    if actors is None or actors.gpus is None:
        return named
    return torch.device("cuda" if actors.gpus else "cpu")


@contextmanager
def backend(
    options: RunOptions, spec: ExperimentSpec, train: ImageSet, test: ImageSet | None = None
) -> Iterator[Backend]:
    """What computes `spec` on these images.

    Raises `BadInput` if the device or the Ray that was named is not there, if the actors can never
    fit, or if there are more of them than shards.
    """
    actors = options.actors
    if actors is None:
        yield OnDevice(pick_device(options.device), options.stream)
        return
    if options.device != "auto":
        raise BadInput(
            f"device {options.device!r} and actors: actors have devices of their own; name one"
        )
    actors.spec(0)
    _require_shards(actors, spec, len(train))
    images = train.images.numel() + (0 if test is None else test.images.numel())
    yield from _on_actors(actors, images, options.stream)


def _require_shards(actors: Actors, spec: ExperimentSpec, images: int) -> None:
    """Before Ray takes its seconds to start."""
    shards = min(spec.shards, images)
    if actors.count > shards:
        raise BadInput(
            f"{actors.count} actors cannot share {shards} shards of {images:,} images: every "
            "actor needs a shard, and every shard an image; ask for fewer actors"
            + ("" if shards == images else ", or set a larger `shards`")
        )


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
