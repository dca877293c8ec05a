"""The step as it is published: one sample after the other, BatchNorm unfolded, float32.

What `benchmarks.speed.engine` compares the engine with. Augmentation is batched here too, which the
published code does not do, so the comparison is about passes alone.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sem_ray.augment import draw_views
from sem_ray.distributed.shards import Shards
from sem_ray.methods.alternating.engine import Engine
from sem_ray.rng import RandomStreams
from sem_ray.spec import unit
from sem_ray.training.pgd import pgd, signed_step, within_pixels


class PublishedStep:
    """One alternating step on the surrogate and images of a float32 `engine`."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.network: nn.Module = engine.surrogate.network
        self.spec = engine.spec

    def __call__(self) -> None:
        engine, spec = self.engine, self.spec
        split, device = engine.shards.split, engine.rows.device
        shards = Shards(split, RandomStreams(spec.seed, device), folded=True)
        (batch,) = shards.training_parts("generation", 0)
        stream = shards.stream("noise", 0, batch)
        images = engine.rows.images[batch.rows].float() / 255
        labels = engine.rows.labels[batch.rows]
        noise = stream.ball(images, unit(spec.noise.radius))
        self.network.eval().requires_grad_(False)
        for _ in range(spec.noise.alternating.steps):
            gradient = torch.zeros_like(noise)
            for _ in range(spec.noise.alternating.samples):
                views = draw_views(spec.augmentation, stream, 1, images)
                seen = views.apply((images + noise).clamp(0, 1))
                moved = within_pixels(seen, stream.ball(seen, unit(spec.surrogate.radius)))
                gradient += views.adjoint(self.gradient(moved, labels))
            noise = signed_step(
                noise,
                gradient,
                -unit(spec.noise.alternating.step_size or 1),
                unit(spec.noise.radius),
            )
        self.surrogate_phase((images + noise).clamp(0, 1), labels)

    def surrogate_phase(self, protected: Tensor, labels: Tensor) -> None:
        radius = unit(self.spec.surrogate.radius)
        examples = pgd(
            lambda batch: self.gradient(batch, labels),
            protected,
            torch.zeros_like(protected),
            radius=radius,
            step=radius / 5,
            steps=self.spec.surrogate.attack_steps,
        )
        self.network.train().requires_grad_(True)
        loss = F.cross_entropy(self.network(examples), labels)
        self.engine.surrogate.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.engine.surrogate.optimizer.step()

    def gradient(self, images: Tensor, labels: Tensor) -> Tensor:
        leaf = images.detach().requires_grad_()
        loss = F.cross_entropy(self.network(leaf), labels, reduction="sum")
        return torch.autograd.grad(loss, leaf)[0]
