"""Error-minimizing noise (Huang et al. 2021, https://arxiv.org/abs/2101.04898, algorithm 1): a few
surrogate steps on x + δ, then the noise of the whole set, in turn and warm-started, until the
surrogate errs on hardly any protected image. No augmentation.

A loop is `train_steps` units of training; the noise's units (a block of images with all its steps
each, or one step on all images if noise is class-wise); one unit that counts errors.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

import torch
from torch import Tensor

from sem_ray.augment import Views, WholeViews, draw_views
from sem_ray.devices import one_thread
from sem_ray.distributed import quantised
from sem_ray.distributed.shards import Part, Split
from sem_ray.methods.alternating.noise_phase import as_they_are, noise_gradient
from sem_ray.methods.base import MethodContext, MethodRun, Stage, rounded
from sem_ray.methods.declaration import OPTIMISER, Method, PassCount
from sem_ray.networks import FrozenTwin
from sem_ray.rng import Stream
from sem_ray.spec import ExperimentSpec, default_step_size, unit
from sem_ray.training.pgd import signed_step

BLOCK = 1024
"""Rows rounded at a time."""


class _Loops(ABC):
    """What both kinds share. `delta` is the noise in [0, 1], in the run's number format."""

    def __init__(self, context: MethodContext) -> None:
        self.context, self.settings = context, context.spec.noise.em
        self.radius = unit(context.spec.noise.radius)
        size = self.settings.step_size
        size = size or default_step_size(context.spec.noise.radius, self.settings.steps)
        self.step_size = unit(size)
        constant = {"schedule": "constant"}
        self.surrogate = context.surrogate(context.spec.surrogate.model_copy(update=constant))
        self.units = _noise_units(context.spec, context.shards.split)
        self.finished = False
        self.metrics: dict[str, float] = {}

    def advance(self, number: int) -> Tensor | None:
        loop, place = divmod(number, _loop_units(self.context.spec, self.context.shards.split))
        trained = self.settings.train_steps
        if place < trained:
            return self._train(loop * trained + place)
        if place < trained + self.units:
            self._perturb(loop * self.units + place - trained)
        else:
            self._count_errors()
        return None

    def images(self, number: int) -> int:
        place = number % _loop_units(self.context.spec, self.context.shards.split)
        trained = self.settings.train_steps
        if place < trained:
            return self.context.shards.batch_rows
        every = len(self.context.rows)
        return self._perturbed(place - trained) if place < trained + self.units else every

    @abstractmethod
    def delta_of(self, part: Part) -> Tensor:
        """The part's noise [n, C, H, W] in [0, 1]."""

    @abstractmethod
    def _perturb(self, number: int) -> None:
        """Noise unit `number` of all loops."""

    @abstractmethod
    def _perturbed(self, number: int) -> int:
        """The number of images here that noise unit `number` of a loop works on."""

    def _train(self, step: int) -> Tensor:
        parts = self.context.batch("generation", step)
        labels = [self.context.labels(part) for part in parts]
        return self.surrogate.step(step, [self._protected(part) for part in parts], labels)

    def _protected(self, part: Part) -> Tensor:
        return (self.context.pixels(part) + self.delta_of(part)).clamp_(0, 1)

    def _gradient(
        self, network: FrozenTwin, part: Part, delta: Tensor, stream: Stream | None
    ) -> Tensor:
        """∂ loss / ∂ δ on the images themselves, or through one drawn view each from `stream`."""
        images, labels = self.context.pixels(part), self.context.labels(part)
        views: Views = WholeViews()
        if stream is not None:
            views = draw_views(self.context.spec.augmentation, stream, 1, images)
        return noise_gradient(network, images, delta, labels, views, as_they_are)

    def _views_stream(self, stage: str, number: int, part: Part) -> Stream | None:
        """Draws for views with parity, else None. The published code optimises noise on augmented
        views and keeps it in their coordinates; here it stays in the coordinates of the image."""
        augmented = self.context.spec.noise.parity.augmented_em
        return self.context.shards.stream(stage, number, part) if augmented else None

    def _count_errors(self) -> None:
        """Count over the images of all workers, so that all stop after the same loop."""
        network, shards = self.surrogate.frozen(), self.context.shards
        wrong = torch.zeros(1, dtype=torch.float64, device=self.context.rows.device)
        for number in range(shards.split.blocks):
            for part in self.context.block(number):
                found = network.logits(self._protected(part)).argmax(1)
                wrong += (found != self.context.labels(part)).sum()
        self.context.communicator.all_reduce(wrong)
        error = 100 * float(wrong) / shards.split.rows
        self.metrics = {"error": error}
        self.finished = error < self.settings.stop_error


class SampleWise(_Loops):
    """One noise an image, kept with its shard."""

    def __init__(self, context: MethodContext) -> None:
        super().__init__(context)
        self.delta = context.start("em", self.radius)

    @property
    def noise(self) -> Tensor:
        """int8 [n, C, H, W] in 1/255; a block at a time, for the whole in float32 may be large."""
        radius = self.context.spec.noise.radius
        blocks = torch.split(self.delta.values, BLOCK)
        return torch.cat([rounded(block, radius) for block in blocks])

    def delta_of(self, part: Part) -> Tensor:
        return self.delta[part.rows]

    def _perturb(self, number: int) -> None:
        """All steps on one block: an image's gradient depends on no other image."""
        network = self.surrogate.frozen()
        for part in self.context.block(number % self.units):
            stream = self._views_stream("em views", number, part)
            delta = self.delta[part.rows]
            for _ in range(self.settings.steps):
                gradient = self._gradient(network, part, delta, stream)
                delta = signed_step(delta, gradient, -self.step_size, self.radius)
            self.delta[part.rows] = delta

    def _perturbed(self, number: int) -> int:
        return self.context.shards.block_rows(number)

    def shared(self) -> Mapping[str, Tensor]:
        return self.surrogate.state()

    def kept(self, done: int) -> Mapping[str, Tensor]:  # noqa: ARG002
        return {"delta": self.delta.values, "noise": self.noise}

    def load(self, shared: Mapping[str, Tensor], kept: Mapping[str, Tensor]) -> None:
        self.surrogate.load(shared)
        self.delta.values.copy_(kept["delta"])


class ClassWise(_Loops):
    """One noise a class, the same on every worker: [classes, C, H, W]."""

    def __init__(self, context: MethodContext) -> None:
        super().__init__(context)
        classes = context.rows.classes
        stream = context.shards.common_stream("em classes", classes)
        like = torch.empty(
            classes, *context.rows.shape, dtype=context.dtype, device=context.rows.device
        )
        self.delta = stream.ball(like, self.radius)

    @property
    def noise(self) -> Tensor:
        """int8 [n, C, H, W] in 1/255, beside the images."""
        rows = self.context.rows
        each = rounded(self.delta, self.context.spec.noise.radius).to(rows.home)
        return each[rows.labels.to(rows.home)]

    def delta_of(self, part: Part) -> Tensor:
        return self.delta[self.context.labels(part)]

    def _perturb(self, number: int) -> None:
        """One step along the sign of the gradient summed over each class's images."""
        with one_thread(self.delta.device):
            sign = self.gradient(number).sign().to(self.delta.dtype)
        self.delta = signed_step(self.delta, sign, -self.step_size, self.radius)

    def _perturbed(self, number: int) -> int:  # noqa: ARG002  every step needs all
        return len(self.context.rows)

    def gradient(self, number: int) -> Tensor:
        """∂ Σ cross-entropy / ∂ δ over the whole set, a positive multiple of it; float64 [classes,
        C, H, W]. Sums over shards are exact (`distributed/exact_sum.py`), so every worker
        finds the same sign."""
        network, shards = self.surrogate.frozen(), self.context.shards
        total = torch.zeros_like(self.delta, dtype=torch.float64)
        for sums in self._by_part(network, number).values():
            total += quantised(sums / shards.split.rows)
        self.context.communicator.all_reduce(total)
        return total

    def _by_part(self, network: FrozenTwin, step: int) -> dict[tuple[int, ...], Tensor]:
        """Each part's own sums, by its shards, in the order of its blocks."""
        found: dict[tuple[int, ...], Tensor] = {}
        for number in range(self.context.shards.split.blocks):
            for part in self.context.block(number):
                stream = self._views_stream(f"em views {number}", step, part)
                gradient = self._gradient(network, part, self.delta_of(part), stream)
                sums = found.setdefault(
                    part.shards, torch.zeros_like(self.delta, dtype=torch.float64)
                )
                # Back from a mean over the block, whose size is not every block's.
                wide = gradient.to(torch.float64) * len(part.rows)
                sums.index_add_(0, self.context.labels(part), wide)
        return found

    def shared(self) -> Mapping[str, Tensor]:
        return {**self.surrogate.state(), "class_delta": self.delta}

    def kept(self, done: int) -> Mapping[str, Tensor]:  # noqa: ARG002
        return {"noise": self.noise}

    def load(self, shared: Mapping[str, Tensor], kept: Mapping[str, Tensor]) -> None:  # noqa: ARG002
        self.surrogate.load(shared)
        self.delta = shared["class_delta"].to(self.delta)


def _noise_units(spec: ExperimentSpec, split: Split) -> int:
    return spec.noise.em.steps if spec.noise.em.class_wise else split.blocks


def _loop_units(spec: ExperimentSpec, split: Split) -> int:
    return spec.noise.em.train_steps + _noise_units(spec, split) + 1


def _stages(spec: ExperimentSpec, split: Split) -> tuple[Stage, ...]:
    return (Stage("noise", spec.noise.em.loops * _loop_units(spec, split), "units"),)


def _begin(context: MethodContext) -> MethodRun:
    return ClassWise(context) if context.spec.noise.em.class_wise else SampleWise(context)


def _passes(spec: ExperimentSpec, split: Split) -> PassCount:
    """If it takes all of its loops: it ends as soon as the surrogate errs on few images."""
    settings = spec.noise.em
    loop = settings.train_steps * split.batch / split.rows + settings.steps
    return PassCount(first=settings.loops * loop)


READS = ("noise.em", "noise.parity.augmented_em", *OPTIMISER)
EM = Method("em", _stages, _begin, READS, beside=6, passes=_passes)
