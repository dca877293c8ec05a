"""The alternating optimisation on one device: noise phase, surrogate phase, final pass."""

from __future__ import annotations

import torch
from torch import Tensor

from sem_ray.augment import draw_views
from sem_ray.data.image_set import ImageSet
from sem_ray.devices import pixels
from sem_ray.draws import Draws
from sem_ray.generation.phases import NoisePhase, rounded
from sem_ray.methods import METHODS
from sem_ray.shards import Batch, Shards
from sem_ray.spec import ExperimentSpec
from sem_ray.training import Attack, Trainer


class Engine:
    """The state of one generation: the surrogate, and int8 noise [N, C, H, W] in 1/255.

    `images` is resident on the device the run computes on.
    """

    def __init__(self, spec: ExperimentSpec, images: ImageSet) -> None:
        device = images.images.device
        self.spec = spec
        self.images = images
        self.noise = torch.zeros_like(images.images, dtype=torch.int8)
        self.surrogate = Trainer.new(
            spec.surrogate,
            spec,
            classes=len(images.classes),
            shape=images.shape,
            device=device,
            role="surrogate",
        )
        self.shards = Shards(
            len(images), spec.surrogate.batch, spec.shards, Draws(spec.seed, device)
        )
        self._phase = NoisePhase.of(spec, spec.noise.steps)
        self._final = NoisePhase.of(spec, spec.noise.final_steps or spec.noise.steps)
        self._attack = Attack.of(spec.surrogate, spec.surrogate.radius)

    def state(self, *, final: bool) -> dict[str, Tensor]:
        """All that a later step depends on. Before the final pass that is the surrogate alone: no
        step starts from stored noise, and the final pass makes every row anew."""
        noise = {"noise": self.noise} if final else {}
        return {**noise, **self.surrogate.state()}

    def load(self, tensors: dict[str, Tensor]) -> None:
        """Go on from what `state` gave."""
        if "noise" in tensors:
            self.noise.copy_(tensors["noise"])
        self.surrogate.load(tensors)

    def step(self, step: int) -> Tensor:
        """Step t: the batch's noise anew, then one surrogate step on it. The surrogate's loss."""
        batch = self.shards.training_batch("generation", step)
        images, noise = self._noise_phase(self._phase, "noise", step, batch)
        return self._surrogate_phase(step, batch, (images + noise).clamp_(0, 1))

    def final_block(self, number: int) -> None:
        """Noise for block `number` of the last pass, which together cover every image."""
        self._noise_phase(self._final, "final", number, self.shards.block(number))

    def _noise_phase(
        self, phase: NoisePhase, stage: str, step: int, batch: Batch
    ) -> tuple[Tensor, Tensor]:
        """The batch's images and their new noise, which is stored too, rounded."""
        stream = self.shards.stream(stage, step, batch)
        images = pixels(self.images.images[batch.rows], self.spec.precision)
        labels = self.images.labels[batch.rows]
        noise = phase.run(self.surrogate.frozen(), images, labels, stream)
        self.noise[batch.rows] = rounded(noise, self.spec.noise.radius)
        return images, noise

    def _surrogate_phase(self, step: int, batch: Batch, protected: Tensor) -> Tensor:
        labels = self.images.labels[batch.rows]
        stream = self.shards.stream("surrogate", step, batch)
        views = draw_views(self.spec.augmentation, stream, 1, protected).apply(protected)
        perturb = METHODS[self.spec.noise.method].surrogate_phase
        inputs = perturb(self.surrogate.frozen(), views, labels, self._attack, stream)
        return self.surrogate.step(step, inputs, labels)
