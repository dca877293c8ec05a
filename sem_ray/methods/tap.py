"""Targeted adversarial poisoning (Fowl et al. 2021, https://arxiv.org/abs/2106.10807): a surrogate
trained normally, then targeted PGD toward the next class through crop and flip, from several
starts, of which each image keeps the best."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from sem_ray.augment import draw_views, test_view
from sem_ray.distributed.shards import Part, Split
from sem_ray.methods.alternating.noise_phase import descended
from sem_ray.methods.base import MethodContext, MethodRun, Stage, rounded
from sem_ray.methods.declaration import OPTIMISER, Method, PassCount
from sem_ray.networks import FrozenTwin
from sem_ray.spec import ExperimentSpec, default_step_size, unit
from sem_ray.spec.base import PIXEL_STEPS


class Targeted:
    """The surrogate, the best noise so far, and each image's loss toward its target under it."""

    finished = False
    metrics: Mapping[str, float] = {}

    def __init__(self, context: MethodContext) -> None:
        self.context, self.settings = context, context.spec.noise.tap
        self.steps = _training_steps(context.spec, context.shards.split)
        changes = {"steps": self.steps, "decay_every": None}
        self.surrogate = context.surrogate(context.spec.surrogate.model_copy(update=changes))
        self.noise = context.blank()
        self.losses = torch.full(
            (len(context.rows),), torch.inf, dtype=context.dtype, device=context.rows.device
        )

    def advance(self, unit_number: int) -> Tensor | None:
        if unit_number < self.steps:
            return self._train(unit_number)
        restart, block = divmod(unit_number - self.steps, self.context.shards.split.blocks)
        network = self.surrogate.frozen()
        for part in self.context.block(block):
            self._attack(network, restart, block, part)
        return None

    def images(self, unit_number: int) -> int:
        shards = self.context.shards
        if unit_number < self.steps:
            return shards.batch_rows
        return shards.block_rows((unit_number - self.steps) % shards.split.blocks)

    def shared(self) -> Mapping[str, Tensor]:
        return self.surrogate.state()

    def kept(self, done: int) -> Mapping[str, Tensor]:
        return {} if done <= self.steps else {"noise": self.noise.values, "losses": self.losses}

    def load(self, shared: Mapping[str, Tensor], kept: Mapping[str, Tensor]) -> None:
        self.surrogate.load(shared)
        if kept:
            self.noise.values.copy_(kept["noise"])
            self.losses.copy_(kept["losses"])

    def _train(self, step: int) -> Tensor:
        parts = self.context.batch("generation", step)
        views = []
        for part in parts:
            stream = self.context.shards.stream("surrogate", step, part)
            images = self.context.pixels(part)
            views.append(
                draw_views(self.context.spec.augmentation, stream, 1, images).apply(images)
            )
        return self.surrogate.step(step, views, [self.context.labels(part) for part in parts])

    def _attack(self, network: FrozenTwin, restart: int, block: int, part: Part) -> None:
        """Attack one block from one start. An image keeps the noise with the least target loss."""
        stream = self.context.shards.stream(f"tap {restart}", block, part)
        images, targets = self.context.pixels(part), targets_of(self.context, part)
        radius = self.context.spec.noise.radius
        size = self.settings.step_size or default_step_size(radius, self.settings.steps)
        found = descended(
            network,
            images,
            targets,
            stream,
            views=partial(draw_views, self.context.spec.augmentation, stream, 1, images),
            radius=unit(radius),
            step=unit(size),
            steps=self.settings.steps,
        )
        whole = rounded(found, radius)
        losses = self._losses(network, images, whole, targets)
        better = losses < self.losses[part.rows]
        self.losses[part.rows] = torch.where(better, losses, self.losses[part.rows])
        kept = self.noise[part.rows]
        self.noise[part.rows] = torch.where(better[:, None, None, None], whole, kept)

    def _losses(
        self, network: FrozenTwin, images: Tensor, noise: Tensor, targets: Tensor
    ) -> Tensor:
        """[n], of the undistorted protected images as files give them."""
        shielded = (images + noise.to(images.dtype) / PIXEL_STEPS).clamp_(0, 1)
        logits = network.logits(test_view(self.context.spec.augmentation, shielded))
        return F.cross_entropy(logits, targets, reduction="none").to(self.losses.dtype)


def targets_of(context: MethodContext, part: Part) -> Tensor:
    """(y + 1) mod C."""
    return (context.labels(part) + 1) % context.rows.classes


def _training_steps(spec: ExperimentSpec, split: Split) -> int:
    return spec.noise.tap.epochs * max(split.rows // split.batch, 1)


def _stages(spec: ExperimentSpec, split: Split) -> tuple[Stage, ...]:
    training = Stage("surrogate", _training_steps(spec, split), "steps")
    return training, Stage("noise", spec.noise.tap.restarts * split.blocks, "blocks")


def _begin(context: MethodContext) -> MethodRun:
    return Targeted(context)


def _passes(spec: ExperimentSpec, split: Split) -> PassCount:
    trained = _training_steps(spec, split) * split.batch / split.rows
    return PassCount(trained, spec.noise.tap.restarts * spec.noise.tap.steps)


READS = ("noise.tap", *OPTIMISER, "surrogate.schedule", "surrogate.decay_factor")
LATE = ("noise.radius", "noise.tap.steps", "noise.tap.step_size", "noise.tap.restarts")
"""The surrogate is trained on clean images, so what the attack does cannot change it."""
TAP = Method("tap", _stages, _begin, READS, late=LATE, passes=_passes)
