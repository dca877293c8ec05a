"""The alternating optimisation: noise phase and surrogate phase in turn, then a pass over every
image. Workers communicate in the surrogate's training step only. (Paper:
https://arxiv.org/abs/2311.13091, algorithm 1.)"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from sem_ray.augment import draw_views
from sem_ray.data.image_set import Rows
from sem_ray.distributed import LOCAL, Communicator
from sem_ray.distributed.shards import Part, Split
from sem_ray.errors import BadInput
from sem_ray.methods.alternating.noise_phase import NoisePhase
from sem_ray.methods.alternating.pass_counts import passes_an_image
from sem_ray.methods.alternating.perturbations import PERTURBATIONS
from sem_ray.methods.base import MethodContext, MethodRun, Stage, rounded
from sem_ray.methods.declaration import Method, PassCount
from sem_ray.methods.registry import method_of
from sem_ray.networks import FrozenTwin
from sem_ray.rng import numpy_generator
from sem_ray.spec import ExperimentSpec, Phase
from sem_ray.spec.base import PIXEL_STEPS
from sem_ray.spec.methods import AlternatingSpec
from sem_ray.training import Attack

READS = (
    *(f"noise.{setting}" for setting in AlternatingSpec.model_fields),
    *("noise.parity.drop_last", "noise.parity.rounded_noise", "noise.parity.bound_gradient"),
    "surrogate",
)


@dataclass(frozen=True)
class Phases:
    """A cell of the paper's table: what each phase trains against."""

    noise: Phase
    surrogate: Phase


@dataclass(frozen=True, kw_only=True)
class AlternatingMethod(Method):
    """A method that is a cell of noise phase × surrogate phase."""

    phases: Phases
    reads: tuple[str, ...] = READS
    late: tuple[str, ...] = ("noise.final_steps",)


def phases_of(spec: ExperimentSpec) -> Phases:
    """The cell of `spec`: the phases it gives, else those of its method. Raises `BadInput` if its
    method does not alternate."""
    method, given = method_of(spec), spec.noise.alternating
    if not isinstance(method, AlternatingMethod):
        raise BadInput(
            f"method {method.name!r} does not alternate between noise and surrogate, as sem and "
            "rem do; begin it as a Generation"
        )
    own = method.phases
    return Phases(given.noise_phase or own.noise, given.surrogate_phase or own.surrogate)


class Engine:
    """The state of one run: the surrogate, and int8 noise [n, C, H, W] in 1/255 of the shards that
    lie here.

    `rows` holds the images of the `owned` shards of `split` (all of them if it is None), one shard
    after the other, for the device the run computes on. Raises `BadInput` for a method that does
    not alternate.
    """

    finished = False
    metrics: Mapping[str, float] = {}

    def __init__(
        self,
        spec: ExperimentSpec,
        rows: Rows,
        split: Split | None = None,
        owned: Sequence[int] | None = None,
        communicator: Communicator = LOCAL,
    ) -> None:
        chosen = phases_of(spec)
        self.spec, self.rows = spec, rows
        self.context = MethodContext.of(spec, rows, split, owned, communicator)
        self.shards = self.context.shards
        self.noise = self.context.blank()
        self.surrogate = self.context.surrogate()
        self._perturb = PERTURBATIONS[chosen.surrogate]
        against = PERTURBATIONS[chosen.noise]
        settings = spec.noise.alternating
        self._phase = NoisePhase.of(spec, settings.steps, against)
        self._final = NoisePhase.of(spec, settings.final_steps or settings.steps, against)
        self._attack = Attack.of(spec.surrogate, spec.surrogate.radius)
        self._stale = self._left_out() if spec.noise.parity.drop_last else None

    def advance(self, unit: int) -> Tensor | None:
        steps = self.spec.surrogate.steps
        if unit < steps:
            return self.step(unit)
        self.final_block(unit - steps)
        return None

    def images(self, unit: int) -> int:
        steps = self.spec.surrogate.steps
        return self.shards.batch_rows if unit < steps else self.shards.block_rows(unit - steps)

    def shared(self) -> Mapping[str, Tensor]:
        return self.surrogate.state()

    def kept(self, done: int) -> Mapping[str, Tensor]:
        """Before the final pass the surrogate is all of it: no step starts from stored noise, and
        the final pass makes every row anew (but for those that parity leaves out)."""
        if done <= self.spec.surrogate.steps and self._stale is None:
            return {}
        return {"noise": self.noise.values}

    def load(self, shared: Mapping[str, Tensor], kept: Mapping[str, Tensor]) -> None:
        self.surrogate.load(shared)
        if kept:
            self.noise.values.copy_(kept["noise"])

    def step(self, step: int) -> Tensor:
        """Step t: the batch's noise anew, then one surrogate step on it. The parts' shares of the
        surrogate's loss."""
        parts = self.context.batch("generation", step)
        surrogate = self.surrogate.frozen()
        inputs = [self._surrogate_inputs(surrogate, step, part) for part in parts]
        return self.surrogate.step(step, inputs, [self.context.labels(part) for part in parts])

    def final_block(self, number: int) -> None:
        """Noise for block `number` of the last pass, which together cover every image."""
        surrogate = self.surrogate.frozen()
        for part in self.context.block(number):
            before = self.noise[part.rows]
            self._noise_phase(surrogate, self._final, "final", number, part)
            if self._stale is not None:
                stale = self._stale[part.rows]
                self.noise[part.rows[stale]] = before[stale]

    def _left_out(self) -> Tensor:
        """bool [n]: rows of the last, partial batch of a shuffled pass over the whole set, which
        the published code drops."""
        split = self.shards.split
        order = numpy_generator(self.spec.seed, "final", "order").permutation(split.rows)
        stale = torch.zeros(split.rows, dtype=torch.bool)
        stale[torch.from_numpy(order[split.rows // split.batch * split.batch :])] = True
        own = torch.cat([stale[split.whole(shard)] for shard in self.shards.owned])
        return own.to(self.rows.device)

    def _noise_phase(
        self, surrogate: FrozenTwin, phase: NoisePhase, stage: str, step: int, part: Part
    ) -> tuple[Tensor, Tensor]:
        """The part's images and their new noise, which is stored too, rounded. (With parity the
        surrogate sees what is stored.)"""
        stream = self.shards.stream(stage, step, part)
        images = self.context.pixels(part)
        noise = phase.run(surrogate, images, self.context.labels(part), stream)
        whole = rounded(noise, self.spec.noise.radius)
        self.noise[part.rows] = whole
        if self.spec.noise.parity.rounded_noise:
            noise = whole.to(noise.dtype) / PIXEL_STEPS
        return images, noise

    def _surrogate_inputs(self, surrogate: FrozenTwin, step: int, part: Part) -> Tensor:
        """What the surrogate trains on: t(clip(x + δu)) + δa of a part of the batch."""
        images, noise = self._noise_phase(surrogate, self._phase, "noise", step, part)
        protected = (images + noise).clamp_(0, 1)
        stream = self.shards.stream("surrogate", step, part)
        views = draw_views(self.spec.augmentation, stream, 1, protected).apply(protected)
        return self._perturb(surrogate, views, self.context.labels(part), self._attack, stream)


def alternating(name: str, *, noise: Phase, surrogate: Phase) -> AlternatingMethod:
    """The method of that name: a cell of noise phase × surrogate phase."""
    phases = Phases(noise, surrogate)
    return AlternatingMethod(name, _stages, _begin, phases=phases, passes=_passes)


def _stages(spec: ExperimentSpec, split: Split) -> tuple[Stage, ...]:
    """M steps, then the last pass."""
    steps = Stage("noise", spec.surrogate.steps, "steps")
    return steps, Stage("final pass", split.blocks, "blocks")


def _passes(spec: ExperimentSpec, split: Split) -> PassCount:
    chosen = phases_of(spec)
    return passes_an_image(spec, split, chosen.noise, chosen.surrogate)


def _begin(context: MethodContext) -> MethodRun:
    shards = context.shards
    return Engine(context.spec, context.rows, shards.split, shards.owned, context.communicator)
