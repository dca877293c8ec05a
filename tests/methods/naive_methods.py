"""EM, TAP and NTGA as methods.md section 3 says them, in float64 through the plain network and
plain autograd, one image at a time. Random numbers come from the same streams as the methods'."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from sem_ray.methods.neural_tangent import Kernel
from tests.methods.naive import NaiveSem, clip, draw_transforms, padding


class NaiveEM(NaiveSem):
    """`delta` [N, C, H, W] in [0, 1]; class-wise, the same for all images of a class."""

    def __post_init__(self) -> None:
        super().__post_init__()
        settings = self.spec.noise.em
        self.rho = self.spec.noise.radius / 255
        self.alpha = (settings.step_size or 2 * self.spec.noise.radius / settings.steps) / 255
        if settings.class_wise:
            drawn = self.shards.common_stream("em classes", len(self.images.classes)).uniform(
                -self.rho, self.rho, 1, *self.images.shape
            )[:, 0]
            self.delta = drawn.double()[self.images.labels]
            return
        starts = []
        for shard in range(self.shards.split.count):
            rows = self.shards.split.size(shard)
            stream = self.shards._draws.stream("em", 0, [rows], [shard])
            starts.append(stream.uniform(-self.rho, self.rho, 1, *self.images.shape)[:, 0])
        self.delta = torch.cat(starts).double()

    def run(self) -> Tensor:
        settings = self.spec.noise.em
        for loop in range(settings.loops):
            for number in range(settings.train_steps):
                self.train(loop * settings.train_steps + number)
            for _ in range(settings.steps):
                gradient = torch.stack([self.gradient(row) for row in range(len(self.images))])
                if settings.class_wise:
                    gradient = self.summed_over_classes(gradient)
                self.delta = (self.delta - self.alpha * gradient.sign()).clamp(-self.rho, self.rho)
            self.loops = loop + 1
            if self.error() < settings.stop_error:
                break
        return (self.delta * 255).round().to(torch.int8)

    def train(self, step: int) -> None:
        (batch,) = self.shards.training_parts("generation", step)
        inputs = [(self.pixels(row) + self.delta[row]).clamp(0, 1) for row in batch.rows.tolist()]
        self.sgd_step(0, torch.stack(inputs), self.images.labels[batch.rows])

    def gradient(self, row: int) -> Tensor:
        delta = self.delta[row].clone().requires_grad_()
        logits = self.network.eval()(clip(self.pixels(row) + delta)[None])
        loss = F.cross_entropy(logits, self.images.labels[row][None])
        return torch.autograd.grad(loss, delta)[0]

    def summed_over_classes(self, gradient: Tensor) -> Tensor:
        labels = self.images.labels
        return torch.stack([gradient[labels == label].sum(0) for label in labels])

    def error(self) -> float:
        """% of the protected images that the network gets wrong."""
        inputs = [
            (self.pixels(row) + self.delta[row]).clamp(0, 1) for row in range(len(self.images))
        ]
        found = self.network.eval()(torch.stack(inputs)).argmax(1)
        return 100 * float((found != self.images.labels).double().mean())


class NaiveTAP(NaiveSem):
    """A surrogate trained on clean views, then targeted PGD from several starts."""

    def run(self) -> Tensor:
        spec, settings = self.spec, self.spec.noise.tap
        steps = settings.epochs * (len(self.images) // self.shards.split.batch)
        surrogate = spec.surrogate.model_copy(update={"steps": steps})
        self.spec = spec.model_copy(update={"surrogate": surrogate})
        for step in range(steps):
            self.train(step)
        best = torch.full((len(self.images),), torch.inf).double()
        for restart in range(settings.restarts):
            for number in range(self.shards.split.blocks):
                self.attack(restart, number, best)
        return self.noise

    def train(self, step: int) -> None:
        (batch,) = self.shards.training_parts("generation", step)
        stream = self.shards.stream("surrogate", step, batch)
        transforms = draw_transforms(stream, 1, padding(self.spec))
        views = [t[0](self.pixels(row)) for t, row in zip(transforms, batch.rows, strict=True)]
        self.sgd_step(step, torch.stack(views), self.images.labels[batch.rows])

    def attack(self, restart: int, number: int, best: Tensor) -> None:
        (batch,) = self.shards.block_parts(number)
        stream = self.shards.stream(f"tap {restart}", number, batch)
        settings, rho = self.spec.noise.tap, self.spec.noise.radius / 255
        alpha = (settings.step_size or 2 * self.spec.noise.radius / settings.steps) / 255
        noise = stream.uniform(-rho, rho, 1, *self.images.shape)[:, 0].double()
        for _ in range(settings.steps):
            transforms = draw_transforms(stream, 1, padding(self.spec))
            for place, row in enumerate(batch.rows.tolist()):
                delta = noise[place].clone().requires_grad_()
                seen = transforms[place][0](clip(self.pixels(row) + delta))
                gradient = torch.autograd.grad(self.target_loss(seen, row), delta)[0]
                noise[place] = (noise[place] - alpha * gradient.sign()).clamp(-rho, rho)
        for place, row in enumerate(batch.rows.tolist()):
            whole = (noise[place] * 255).round()
            loss = self.target_loss((self.pixels(row) + whole / 255).clamp(0, 1), row).detach()
            if loss < best[row]:
                best[row], self.noise[row] = loss, whole.to(torch.int8)

    def target_loss(self, image: Tensor, row: int) -> Tensor:
        label = int(self.images.labels[row])
        target = label + 1 if label + 1 < len(self.images.classes) else 0
        return F.cross_entropy(self.network.eval()(image[None]), torch.tensor([target]))


def naive_ntga_gradient(
    kernel: Kernel, images: Tensor, noise: Tensor, labels: Tensor, time: float
) -> Tensor:
    """The gradient of the predictor's mean squared error on clean images."""
    delta, classes = noise.clone().requires_grad_(), labels.shape[1]
    protected = clip(images + delta)
    trained = kernel(protected, protected)
    trained = trained + 1e-4 * trained.diagonal().mean() * torch.eye(len(images)).double()
    reached = torch.eye(len(images)) - torch.matrix_exp(-time / (len(images) * classes) * trained)
    found = kernel(images, protected) @ torch.linalg.solve(trained, reached @ labels.double())
    return torch.autograd.grad((found - labels).square().mean(), delta)[0]
