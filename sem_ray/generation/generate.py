"""From images to their noise: M alternating steps, then a pass over every image."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from sem_ray.checkpoint import Checkpoint, Tensors
from sem_ray.data.image_set import ImageSet
from sem_ray.generation.engine import Engine
from sem_ray.progress import Progress, ProgressSink, silent
from sem_ray.spec import ExperimentSpec
from sem_ray.training import finite_loss

REPORTS = 100
"""Reports of the loss in a run: each one waits for the device."""


@dataclass(frozen=True)
class Generated:
    """noise: int8 [N, C, H, W] in 1/255, on the CPU; seconds of wall time, of all its sittings; the
    surrogate's last loss."""

    noise: Tensor
    seconds: float
    loss: float


def generate(
    spec: ExperimentSpec,
    images: ImageSet,
    *,
    device: torch.device,
    sink: ProgressSink = silent,
    checkpoint: Checkpoint | None = None,
) -> Generated:
    """Noise for every image of `images` (methods.md section 2), from `checkpoint` on where it has
    one; the result is the same.

    Raises `WorkFailed` where the surrogate's loss stops being a number, `OutOfTime` where the
    checkpoint's time is over.
    """
    return _Generation(Engine(spec, images.to(device)), sink, checkpoint).run()


class _Generation:
    """One run and where it stands."""

    def __init__(self, engine: Engine, sink: ProgressSink, checkpoint: Checkpoint | None) -> None:
        self.engine = engine
        self.sink = sink
        self.checkpoint = checkpoint
        self.start = time.perf_counter()
        self.steps = self.blocks = 0
        self.loss = float("nan")
        if checkpoint and (saved := checkpoint.load()):
            self._load(*saved)

    def run(self) -> Generated:
        self._train(self.engine.spec.surrogate.steps)
        total = self.engine.shards.blocks()
        while self.blocks < total:
            self.engine.final_block(self.blocks)
            self.blocks += 1
            self.sink(Progress("final pass", self.blocks, total, "blocks"))
            self._save()
        noise = self.engine.noise.cpu()
        return Generated(noise, self.seconds, self.loss)

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self.start

    def _train(self, steps: int) -> None:
        every = max(steps // REPORTS, 1)
        while self.steps < steps:
            loss = self.engine.step(self.steps)
            self.steps += 1
            figures = {}
            if self.steps % every == 0 or self.steps == steps:
                self.loss = finite_loss(float(loss), "surrogate", self.steps - 1)
                figures["loss"] = self.loss
            self.sink(Progress("noise", self.steps, steps, "steps", figures))
            self._save()

    def _save(self) -> None:
        if self.checkpoint:
            self.checkpoint.after_step(self._state)

    def _state(self) -> tuple[Tensors, dict[str, Any]]:
        facts = {
            "steps": self.steps,
            "blocks": self.blocks,
            "loss": self.loss,
            "seconds": self.seconds,
        }
        return self.engine.state(final=self.blocks > 0), facts

    def _load(self, tensors: Tensors, facts: dict[str, Any]) -> None:
        self.engine.load(tensors)
        self.steps, self.blocks = facts["steps"], facts["blocks"]
        self.loss = facts["loss"]
        self.start -= facts["seconds"]
