"""From images to their noise: M alternating steps, then a pass over every image."""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch
from torch import Tensor

from sem_ray.data.image_set import ImageSet
from sem_ray.generation.engine import Engine
from sem_ray.progress import Progress, ProgressSink, silent
from sem_ray.spec import ExperimentSpec
from sem_ray.training import finite_loss

REPORTS = 100
"""Reports of the loss in a run: each one waits for the device."""


@dataclass(frozen=True)
class Generated:
    """noise: int8 [N, C, H, W] in 1/255, on the CPU; seconds of wall time; the surrogate's last
    loss."""

    noise: Tensor
    seconds: float
    loss: float


def generate(
    spec: ExperimentSpec,
    images: ImageSet,
    *,
    device: torch.device,
    sink: ProgressSink = silent,
) -> Generated:
    """Noise for every image of `images` (methods.md section 2).

    Raises `WorkFailed` where the surrogate's loss stops being a number.
    """
    start = time.perf_counter()
    engine = Engine(spec, images.to(device))
    loss = _train(engine, spec.surrogate.steps, sink)
    blocks = engine.shards.blocks()
    for number in range(blocks):
        engine.final_block(number)
        sink(Progress("final pass", number + 1, blocks, "blocks"))
    noise = engine.noise.cpu()
    return Generated(noise, time.perf_counter() - start, loss)


def _train(engine: Engine, steps: int, sink: ProgressSink) -> float:
    every = max(steps // REPORTS, 1)
    last = float("nan")
    for step in range(steps):
        loss = engine.step(step)
        figures = {}
        if (step + 1) % every == 0 or step + 1 == steps:
            last = finite_loss(float(loss), "surrogate", step)
            figures["loss"] = last
        sink(Progress("noise", step + 1, steps, "steps", figures))
    return last
