"""The alternating optimisation on the shards that lie here: noise phase, surrogate phase, final
pass. What other members of the run hold is met in the surrogate's training step alone."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from sem_ray.augment import draw_views
from sem_ray.data.image_set import Rows
from sem_ray.devices import folds, pixels
from sem_ray.draws import Draws
from sem_ray.generation.phases import NoisePhase, rounded
from sem_ray.methods import METHODS
from sem_ray.networks import FrozenTwin
from sem_ray.peers import ALONE, Peers
from sem_ray.shards import Part, Shards, Split
from sem_ray.spec import ExperimentSpec
from sem_ray.training import Attack, Team, Trainer


class Engine:
    """The state of one generation: the surrogate, and int8 noise [n, C, H, W] in 1/255 of the
    shards that lie here.

    `rows` holds the images of the `owned` shards of `split` (all of them where it is None), one
    shard after the other, on the device the run computes on.
    """

    def __init__(
        self,
        spec: ExperimentSpec,
        rows: Rows,
        split: Split | None = None,
        owned: Sequence[int] | None = None,
        peers: Peers = ALONE,
    ) -> None:
        self.spec = spec
        self.rows = rows
        self.noise = torch.zeros_like(rows.images, dtype=torch.int8)
        split = split or split_of(spec, len(rows))
        folded = folds(rows.device, spec.precision)
        self.shards = Shards(split, Draws(spec.seed, rows.device), owned, folded=folded)
        self.surrogate = Trainer.new(
            spec.surrogate,
            spec,
            classes=rows.classes,
            shape=rows.shape,
            device=rows.device,
            role="surrogate",
            team=Team.of(self.shards, peers, folded=folded),
        )
        self._phase = NoisePhase.of(spec, spec.noise.steps)
        self._final = NoisePhase.of(spec, spec.noise.final_steps or spec.noise.steps)
        self._attack = Attack.of(spec.surrogate, spec.surrogate.radius)

    def step(self, step: int) -> Tensor:
        """Step t: the batch's noise anew, then one surrogate step on it. The parts' shares of the
        surrogate's loss."""
        parts = self.shards.training_parts("generation", step)
        surrogate = self.surrogate.frozen()
        inputs = [self._surrogate_inputs(surrogate, step, part) for part in parts]
        return self.surrogate.step(step, inputs, [self.rows.labels[part.rows] for part in parts])

    def final_block(self, number: int) -> None:
        """Noise for block `number` of the last pass, which together cover every image."""
        surrogate = self.surrogate.frozen()
        for part in self.shards.block_parts(number):
            self._noise_phase(surrogate, self._final, "final", number, part)

    def _noise_phase(
        self, surrogate: FrozenTwin, phase: NoisePhase, stage: str, step: int, part: Part
    ) -> tuple[Tensor, Tensor]:
        """The part's images and their new noise, which is stored too, rounded."""
        stream = self.shards.stream(stage, step, part)
        images = pixels(self.rows.images[part.rows], self.spec.precision)
        noise = phase.run(surrogate, images, self.rows.labels[part.rows], stream)
        self.noise[part.rows] = rounded(noise, self.spec.noise.radius)
        return images, noise

    def _surrogate_inputs(self, surrogate: FrozenTwin, step: int, part: Part) -> Tensor:
        """What the surrogate trains on: t(clip(x + δu)) + δa of a part of the batch."""
        images, noise = self._noise_phase(surrogate, self._phase, "noise", step, part)
        protected = (images + noise).clamp_(0, 1)
        stream = self.shards.stream("surrogate", step, part)
        views = draw_views(self.spec.augmentation, stream, 1, protected).apply(protected)
        perturb = METHODS[self.spec.noise.method].surrogate_phase
        return perturb(surrogate, views, self.rows.labels[part.rows], self._attack, stream)


def split_of(spec: ExperimentSpec, rows: int) -> Split:
    """The shards of `rows` images under `spec`."""
    return Split(rows, spec.surrogate.batch, spec.shards)
