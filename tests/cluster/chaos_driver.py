"""A generation on a cluster in a process of its own, to be killed:
`python -m tests.cluster.chaos_driver ADDRESS FOLDER SEED STEPS`.

Goes on from the checkpoint in FOLDER. Prints a line for each report, then a digest of the noise,
then what it left on the cluster.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import torch

from sem_ray.checkpoint import Checkpoint
from sem_ray.cluster import OnActors, ray_session, reserved
from sem_ray.progress import Progress
from sem_ray.spec import ExperimentSpec
from sem_ray.spec.resources import ActorSpec
from tests.cluster.watching import stray
from tests.samples import random_images, tiny_spec

IMAGES = random_images(23)
ACTORS = ActorSpec(count=3, cpus=1, strategy="SPREAD")


def spec(seed: int, steps: int) -> ExperimentSpec:
    """Light steps, BatchNorm, float64, more shards than actors."""
    return tiny_spec(
        seed=seed,
        shards=4,
        noise={"steps": 1, "samples": 1, "final_steps": 2},
        surrogate={"steps": steps, "batch": 10, "attack_steps": 1},
    )


def digest(noise: torch.Tensor) -> str:
    return hashlib.sha256(noise.numpy().tobytes()).hexdigest()


def say(progress: Progress) -> None:
    where = f"{progress.stage.split()[0]} {progress.done}"
    print(f"at {where} {len(progress.workers)} {progress.restarts}", flush=True)


def main(address: str, folder: str, seed: str, steps: str) -> None:
    checkpoint = Checkpoint(Path(folder) / "checkpoint", every=0.5)
    with ray_session(address), reserved(ACTORS) as places:
        backend = OnActors(places)
        made = backend.generate(
            spec(int(seed), int(steps)), IMAGES, sink=say, checkpoint=checkpoint
        )
        backend.close()
        print(f"made {digest(made.noise)}", flush=True)
    checkpoint.remove()
    with ray_session(address):
        print(f"left {stray()}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
