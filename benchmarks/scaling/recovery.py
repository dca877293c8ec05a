"""How long a run on actors stands still when one of them is killed.

    python -m benchmarks.scaling.recovery --actors 2 --kills 3

Hypothesis: three seconds from `kill -9` to the first report of the members who gathered again, of
which the new actor's start is most.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from benchmarks.harness import rates, timing
from benchmarks.harness.machine import description
from sem_ray.checkpoint import Checkpoint
from sem_ray.cluster import OnActors, ray_session, reserved
from sem_ray.progress import Progress
from sem_ray.spec import ExperimentSpec
from sem_ray.spec.resources import ActorSpec
from tests.cluster.watching import members
from tests.samples import random_images

AFTER = 3.0
"""Seconds of work before each kill."""


class Killer:
    """A sink that kills the youngest actor again and again, and times what follows."""

    def __init__(self, kills: int) -> None:
        self.seconds: list[float] = []
        self._kills, self._restarts = kills, 0
        self._since, self._killed = time.monotonic(), 0.0

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if progress.restarts > self._restarts:
            self._restarts, self._since = progress.restarts, now
            self.seconds.append(now - self._killed)
            if not self.more():
                raise Enough
        elif self._killed <= self._since and now - self._since > AFTER and self.more():
            os.kill(members(os.getpid())[-1], signal.SIGKILL)
            self._killed = time.monotonic()

    def more(self) -> bool:
        return len(self.seconds) < self._kills


class Enough(Exception):
    """All was measured."""


def measured(chosen: argparse.Namespace) -> dict[str, Any]:
    """Everything, from one run."""
    spec, killer = rates.experiment(chosen, "float32"), Killer(chosen.kills)
    with suppress(Enough):
        disturbed(
            spec.model_copy(update={"shards": max(spec.shards, chosen.actors)}), chosen, killer
        )
    return {
        "machine": description(),
        "preset": chosen.preset,
        "actors": chosen.actors,
        "all_seconds": killer.seconds,
        "seconds": timing.median(killer.seconds),
    }


def disturbed(spec: ExperimentSpec, chosen: argparse.Namespace, killer: Killer) -> None:
    """A generation, until `Enough`. Checkpoints are frequent, so few steps are made again."""
    cpus = min(1.0, (os.cpu_count() or 1) / chosen.actors)
    with (
        tempfile.TemporaryDirectory() as folder,
        ray_session(),
        reserved(ActorSpec(count=chosen.actors, cpus=cpus)) as places,
    ):
        backend, checkpoint = OnActors(places), Checkpoint(Path(folder) / "checkpoint", every=1.0)
        try:
            backend.generate(spec, random_images(256), sink=killer, checkpoint=checkpoint)
        finally:
            backend.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--preset", default="quick")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--actors", type=int, default=2)
    parser.add_argument("--kills", type=int, default=3)
    print(json.dumps(measured(parser.parse_args()), indent=2))


if __name__ == "__main__":
    main()
