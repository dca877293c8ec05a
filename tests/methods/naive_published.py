"""`sem` and `rem` as the published program runs them, where that differs from the default: three
differences, each alone or all together. Weights and draws are those of `NaiveSem`.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from sem_ray.distributed.shards import Part
from sem_ray.rng import Stream, numpy_generator
from tests.methods.naive import NaiveSem


@dataclass
class NaivePublished(NaiveSem):
    """One pass of training, then one pass of noise for all images but those that are dropped."""

    drop_last: bool = True
    rounded_noise: bool = True
    bound_gradient: bool = True

    def run(self) -> Tensor:
        for step in range(self.spec.surrogate.steps):
            self.step(step)
        trained = self.noise.clone()
        settings = self.spec.noise.alternating
        for number in range(self.shards.split.blocks):
            (batch,) = self.shards.block_parts(number)
            stream = self.shards.stream("final", number, batch)
            self.noise_phase(batch, stream, settings.final_steps or settings.steps)
        for row in self.dropped():
            self.noise[row] = trained[row]
        return self.noise

    def dropped(self) -> list[int]:
        """The rows that a shuffled loader of whole batches leaves over."""
        rows, batch = len(self.images), self.spec.surrogate.batch
        order = numpy_generator(self.spec.seed, "final", "order").permutation(rows)
        return order[rows - rows % batch :].tolist() if self.drop_last else []

    def noise_phase(self, batch: Part, stream: Stream, steps: int) -> Tensor:
        """The surrogate's input is read back from the int8 array."""
        found = super().noise_phase(batch, stream, steps)
        return self.noise[batch.rows].double() / 255 if self.rounded_noise else found

    def clip(self, values: Tensor) -> Tensor:
        """PyTorch's `clamp`, which has no gradient on its bounds (some releases have one)."""
        if not self.bound_gradient:
            return super().clip(values)
        return torch.where((values > 0) & (values < 1), values, values.detach().clamp(0, 1))
