"""Alternating error-minimizing noise as methods.md section 2 says it, in float64, one image and one
sample at a time, through the plain network and plain autograd. The oracle of the engine.

Only the random numbers are shared with the engine: they come from the same streams.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sem_ray.data import ImageSet
from sem_ray.distributed.shards import Part, Shards, Split
from sem_ray.networks import build_network
from sem_ray.rng import RandomStreams, Stream, derived_seed
from sem_ray.spec import ExperimentSpec


@dataclass(frozen=True)
class Transform:
    """One draw of t: crop after zero padding, then perhaps a flip."""

    top: int
    left: int
    flip: bool
    padding: int

    def __call__(self, image: Tensor) -> Tensor:
        height, width = image.shape[-2:]
        padded = F.pad(image, (self.padding,) * 4)
        crop = padded[:, self.top : self.top + height, self.left : self.left + width]
        return crop.flip(-1) if self.flip else crop


def draw_transforms(stream: Stream, samples: int, padding: int) -> list[list[Transform]]:
    """J transforms for each row of the stream."""
    top = stream.integers(2 * padding + 1, samples).tolist()
    left = stream.integers(2 * padding + 1, samples).tolist()
    flip = stream.integers(2, samples).tolist()
    return [
        [Transform(t, x, bool(f), padding) for t, x, f in zip(*row, strict=True)]
        for row in zip(top, left, flip, strict=True)
    ]


@dataclass
class NaiveSem:
    """The whole algorithm on a CPU."""

    spec: ExperimentSpec
    images: ImageSet
    noise_against: str = "random"
    surrogate_against: str = "adversarial"
    momentum: list[Tensor] = field(default_factory=list)

    def __post_init__(self) -> None:
        spec, images = self.spec, self.images
        self.network: nn.Module = build_network(
            spec.surrogate.network,
            len(images.classes),
            3,
            derived_seed(spec.seed, "surrogate", "init"),
        ).double()
        draws = RandomStreams(spec.seed, torch.device("cpu"))
        split = Split(len(images), spec.surrogate.batch, spec.shards)
        self.shards = Shards(split, draws, folded=True)
        self.noise = torch.zeros(images.images.shape, dtype=torch.int8)

    def run(self) -> Tensor:
        """The int8 noise of every image."""
        for step in range(self.spec.surrogate.steps):
            self.step(step)
        for number in range(self.shards.split.blocks):
            (batch,) = self.shards.block_parts(number)
            stream = self.shards.stream("final", number, batch)
            self.noise_phase(batch, stream, self.spec.noise.final_steps or self.spec.noise.steps)
        return self.noise

    def step(self, step: int) -> None:
        (batch,) = self.shards.training_parts("generation", step)
        stream = self.shards.stream("noise", step, batch)
        noise = self.noise_phase(batch, stream, self.spec.noise.steps)
        self.surrogate_phase(step, batch, noise)

    def noise_phase(self, batch: Part, stream: Stream, steps: int) -> Tensor:
        """δu of the batch, K signed steps from a uniform start; stored as int8."""
        spec = self.spec.noise
        radius, alpha = spec.radius / 255, (spec.step_size or 2 * spec.radius / steps) / 255
        noise = stream.uniform(-radius, radius, 1, *self.images.shape)[:, 0].double()
        for _ in range(steps):
            gradient = self.noise_gradient(batch, noise, stream)
            noise = (noise - alpha * gradient.sign()).clamp(-radius, radius)
        self.noise[batch.rows] = (noise * 255).round().to(torch.int8)
        return noise

    def noise_gradient(self, batch: Part, noise: Tensor, stream: Stream) -> Tensor:
        """The sum over J of the gradient of the batch's mean cross-entropy."""
        spec = self.spec
        scale = spec.surrogate.radius * spec.noise.perturbation_scale
        transforms = draw_transforms(stream, spec.noise.samples, padding(spec))
        drawn = torch.zeros(len(batch.rows), spec.noise.samples, *self.images.shape).double()
        if self.noise_against != "none":
            bound = scale / 255
            drawn = stream.uniform(-bound, bound, *drawn.shape[1:]).double()
        gradient = torch.zeros_like(noise)
        self.network.eval()
        for place, row in enumerate(batch.rows.tolist()):
            for sample, transform in enumerate(transforms[place]):
                delta = noise[place].clone().requires_grad_()
                seen = transform(clip(self.pixels(row) + delta))
                fixed, label = seen.detach(), self.images.labels[row]
                moved = (fixed + drawn[place, sample]).clamp(0, 1)
                if self.noise_against == "adversarial":
                    moved = self.attacked(fixed, drawn[place, sample], label, scale)
                perturbation = moved - fixed
                logits = self.network((seen + perturbation)[None])
                loss = F.cross_entropy(logits, label[None])
                gradient[place] += torch.autograd.grad(loss, delta)[0] / len(batch.rows)
        return gradient

    def surrogate_phase(self, step: int, batch: Part, noise: Tensor) -> None:
        """One SGD step in train mode on adversarial examples of the noisy images."""
        stream = self.shards.stream("surrogate", step, batch)
        transforms = draw_transforms(stream, 1, padding(self.spec))
        start = torch.zeros_like(noise)
        if self.surrogate_against != "none":
            bound = self.spec.surrogate.radius / 255
            start = stream.uniform(-bound, bound, 1, *self.images.shape)[:, 0].double()
        examples = []
        for place, row in enumerate(batch.rows.tolist()):
            view = transforms[place][0]((self.pixels(row) + noise[place]).clamp(0, 1))
            if self.surrogate_against == "adversarial":
                label, radius = self.images.labels[row], self.spec.surrogate.radius
                examples.append(self.attacked(view, start[place], label, radius))
            else:
                examples.append((view + start[place]).clamp(0, 1))
        self.sgd_step(step, torch.stack(examples), self.images.labels[batch.rows])

    def attacked(self, view: Tensor, start: Tensor, label: Tensor, bound: float) -> Tensor:
        """PGD on one image within ±`bound` in 1/255, BatchNorm in eval mode."""
        spec = self.spec.surrogate
        radius = bound / 255
        alpha = (spec.attack_step_size or 2 * bound / spec.attack_steps) / 255
        adversarial = (view + start).clamp(0, 1)
        self.network.eval()
        for _ in range(spec.attack_steps):
            leaf = adversarial.clone().requires_grad_()
            loss = F.cross_entropy(self.network(leaf[None]), label[None])
            ascended = adversarial + alpha * torch.autograd.grad(loss, leaf)[0].sign()
            offset = (ascended - view).clamp(-radius, radius)
            adversarial = (view + offset).clamp(0, 1)
        return adversarial

    def sgd_step(self, step: int, inputs: Tensor, labels: Tensor) -> None:
        """v ← μv + g + λw; w ← w − ηv, η a tenth after every 2/5 of the steps."""
        spec = self.spec.surrogate
        rate = spec.learning_rate * spec.decay_factor ** (step // max(2 * spec.steps // 5, 1))
        parameters = list(self.network.parameters())
        loss = F.cross_entropy(self.network.train()(inputs), labels)
        gradients = torch.autograd.grad(loss, parameters)
        self.momentum = self.momentum or [torch.zeros_like(p) for p in parameters]
        with torch.no_grad():
            for weight, gradient, velocity in zip(
                parameters, gradients, self.momentum, strict=True
            ):
                velocity.mul_(spec.momentum).add_(gradient + spec.weight_decay * weight)
                weight.sub_(rate * velocity)

    def pixels(self, row: int) -> Tensor:
        return self.images.images[:][row].double() / 255


def clip(values: Tensor) -> Tensor:
    """Into [0, 1], with gradient 1 up to and on the bounds and 0 beyond. Written out, because
    the gradient of `clamp` on the bounds is not the same in all releases of PyTorch."""
    return torch.where((values >= 0) & (values <= 1), values, values.detach().clamp(0, 1))


def padding(spec: ExperimentSpec) -> int:
    assert spec.augmentation.kind == "crop_flip"
    return spec.augmentation.padding
