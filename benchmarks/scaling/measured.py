"""One generation shared among actors: how much faster, and what the driver costs.

    python -m benchmarks.scaling.measured --actors 1 2 --batch 16

Hypothesis: two actors on two cores make images at 1.8 times the rate of one or more, and the driver
takes less than 1% of a step.

Every variant has its actors, of one thread each, from the beginning to the end; idle ones wait for
a message and take no core. Rounds alternate between the variants. What is timed is the steady
state: Ray's start, joining and each variant's first steps come before.
"""

from __future__ import annotations

import argparse
import math
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

import ray
import torch

from benchmarks.harness import rates, timing
from benchmarks.harness.machine import description
from benchmarks.scaling.group_rounds import Round, one_round
from sem_ray.cluster import OnActors, ray_session, reserved
from sem_ray.cluster.group.payload import RunPayload
from sem_ray.cluster.group.shard_group import ShardGroup
from sem_ray.cluster.ray_session import object_store
from sem_ray.data.image_set import Rows
from sem_ray.devices import PASSES
from sem_ray.methods import split_of
from sem_ray.spec import ExperimentSpec
from sem_ray.spec.resources import ActorSpec

LEAST_SHARDS = 4
CPU = torch.device("cpu")


@contextmanager
def current_workers(spec: ExperimentSpec, rows: Rows, actors: ActorSpec) -> Iterator[ShardGroup]:
    """Actors that have joined."""
    with reserved(actors) as places:
        backend = OnActors(places)
        try:
            with backend.group(RunPayload(spec, split_of(spec, len(rows))), rows) as group:
                group.load(None)
                yield group
        finally:
            backend.close()


def measured(chosen: argparse.Namespace) -> dict[str, Any]:
    """Everything, from one run."""
    spec, rows = experiment(chosen), rates.images(chosen, CPU)
    with ray_session(memory=object_store(rows.images.shape.numel())):
        rounds, state = alternating(chosen, spec, rows)
    first = rounds[chosen.actors[0]]
    return {
        "machine": {**description(), "cores": str(os.cpu_count()), "threads": "1 an actor"},
        "preset": chosen.preset,
        "network": spec.surrogate.network,
        "precision": spec.precision,
        "batch": spec.surrogate.batch,
        "shards": spec.shards,
        "images": chosen.images,
        "steps_a_round": chosen.steps,
        "state": state,
        "variants": [
            row(count, found, first, spec.surrogate.batch) for count, found in rounds.items()
        ],
    }


def experiment(chosen: argparse.Namespace) -> ExperimentSpec:
    """The preset's, as `rates.experiment` makes it small, with a shard for every actor."""
    spec = rates.experiment(chosen, chosen.precision)
    network = chosen.network or spec.surrogate.network
    surrogate = spec.surrogate.model_copy(update={"network": network})
    shards = max(spec.shards, LEAST_SHARDS, *chosen.actors)
    return spec.model_copy(update={"surrogate": surrogate, "shards": shards})


def alternating(
    chosen: argparse.Namespace, spec: ExperimentSpec, rows: Rows
) -> tuple[dict[int, list[Round]], dict[str, float]]:
    """By the number of actors, its rounds; and what a state for a checkpoint takes."""
    cpus = min(1.0, share(sum(chosen.actors)))
    with ExitStack() as stack:
        groups = {
            count: stack.enter_context(
                current_workers(spec, rows, ActorSpec(count=count, cpus=cpus))
            )
            for count in chosen.actors
        }
        for group in groups.values():
            one_round(group, chosen.steps)
        found: dict[int, list[Round]] = {count: [] for count in groups}
        for count, group in chain.from_iterable([groups.items()] * chosen.rounds):
            found[count].append(one_round(group, chosen.steps))
        return found, carried(groups[chosen.actors[0]])


def carried(group: ShardGroup) -> dict[str, float]:
    """Bytes of a state, and seconds of its way to the driver, while the members wait."""
    state = group.state()
    size = sum(value.numel() * value.element_size() for value in state.shared.values())
    times = [timing.seconds(group.state, CPU) for _ in range(3)]
    return {"bytes": size, "seconds": timing.median(times)}


def share(actors: int) -> float:
    """CPUs of each, for all to fit: Ray counts in ten thousandths."""
    cores: float = ray.cluster_resources()["CPU"]
    return math.floor(cores / actors * 1e4) / 1e4


def row(count: int, rounds: Sequence[Round], first: Sequence[Round], batch: int) -> dict[str, Any]:
    """Medians over the rounds, a step each; `ratio` is that of rounds side by side."""
    seconds = timing.median([r.seconds / r.steps for r in rounds])
    return {
        "variant": f"{count} actor{'s' * (count > 1)}",
        "actors": count,
        "seconds": seconds,
        "all_seconds": [r.seconds / r.steps for r in rounds],
        "images_per_second": batch / seconds,
        "ratio": timing.median([a.seconds / b.seconds for a, b in zip(first, rounds, strict=True)]),
        "member_seconds": [
            timing.median([r.workers[rank] / r.steps for r in rounds]) for rank in range(count)
        ],
        "slowest_seconds": timing.median([r.slowest / r.steps for r in rounds]),
        "driver_seconds": timing.median([r.driver / r.steps for r in rounds]),
        "driver_percent": timing.median([100 * r.driver / r.seconds for r in rounds]),
        "report_seconds": timing.median([r.driver / r.reports for r in rounds]),
    }


def options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--preset", default="cifar10")
    parser.add_argument("--network", help="instead of the preset's surrogate")
    parser.add_argument("--batch", type=int, default=16, help="images a step, of all actors")
    parser.add_argument("--precision", default="float32", choices=list(PASSES))
    parser.add_argument("--actors", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=1, help="of each round")
    parser.add_argument("--images", type=int, default=256)
    parser.add_argument("--classes", type=int, default=10)
    parser.add_argument("--size", type=int, default=32, help="height and width of the images")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.add_argument("--out", type=Path, help="write the JSON here as well")
    return parser


def main() -> None:
    chosen = options().parse_args()
    result = measured(chosen)
    title = (
        f"{result['network']}, {result['precision']}: {result['batch']} images a step "
        f"in {result['shards']} shards, {result['machine']['cores']} cores"
    )
    rates.report(chosen, result, title)


if __name__ == "__main__":
    main()
