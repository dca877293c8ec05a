"""What the driver spends on each member of a group: a call to an actor that has nothing to do."""

from __future__ import annotations

from functools import partial
from typing import Any

import ray
import torch

from benchmarks.harness import timing
from sem_ray.cluster import ray_session
from sem_ray.cluster.group.actor_pool import outcomes
from sem_ray.progress import Worker
from sem_ray.training.run_loop import Report

ACTORS = 4
MANY = 1024
ROUNDS = 5
SETTLE = 10.0


class Idle:
    """A member that is done at once."""

    def advance(self, until: int) -> Report:
        return Report(until, {0: 1.0}, workers=(Worker("actor 0", (0,), 1.0, 1.0),))


def driver() -> tuple[float, float]:
    """Seconds of a report of one member, and of each further one: of 1,024 calls in flight. A few
    actors answer for all, on the driver's own machine, so this is an upper bound."""
    with ray_session():
        actors = [ray.remote(Idle).options(num_cpus=0).remote() for _ in range(ACTORS)]
        _asked(actors, ACTORS)
        few, many = (
            min(
                timing.seconds(partial(_asked, actors, count), torch.device("cpu"))
                for _ in range(ROUNDS)
            )
            for count in (1, MANY)
        )
    return few, (many - few) / (MANY - 1)


def _asked(actors: list[Any], count: int) -> None:
    list(outcomes([actors[i % ACTORS].advance.remote(i) for i in range(count)], SETTLE))
