"""From images to their noise: M alternating steps, then a pass over every image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from sem_ray.checkpoint import Checkpoint
from sem_ray.data.image_set import ImageSet, Rows
from sem_ray.generation.engine import Engine, split_of
from sem_ray.peers import ALONE, Peers
from sem_ray.progress import Progress, ProgressSink, silent
from sem_ray.running import Finished, Report, State, apart, conduct
from sem_ray.shards import Split
from sem_ray.spec import ExperimentSpec

NOISE = "noise"


@dataclass(frozen=True)
class Generated:
    """noise: int8 [N, C, H, W] in 1/255, on the CPU; seconds of wall time, of all its sittings; the
    surrogate's last loss."""

    noise: Tensor
    seconds: float
    loss: float

    @classmethod
    def of(cls, finished: Finished) -> Generated:
        """The shards' noise, in the rows' order."""
        shards = finished.state.shards
        noise = torch.cat([shards[shard][NOISE] for shard in sorted(shards)])
        return cls(noise, finished.seconds, finished.loss)


@dataclass(frozen=True)
class GenerationPlan:
    """Steps of the alternating optimisation, then blocks of the last pass, counted together."""

    steps: int
    blocks: int
    role: str = "surrogate"

    @classmethod
    def of(cls, spec: ExperimentSpec, split: Split) -> GenerationPlan:
        return cls(spec.surrogate.steps, split.blocks)

    @property
    def total(self) -> int:
        return self.steps + self.blocks

    def progress(self, done: int) -> Progress:
        if done <= self.steps:
            return Progress("noise", done, self.steps, "steps")
        return Progress("final pass", done - self.steps, self.blocks, "blocks")


class Generation:
    """The crew of one: a generation on the shards that lie here."""

    waiting = False

    def __init__(
        self,
        spec: ExperimentSpec,
        rows: Rows,
        split: Split | None = None,
        owned: Sequence[int] | None = None,
        peers: Peers = ALONE,
    ) -> None:
        self.engine = Engine(spec, rows, split, owned, peers)
        self.plan = GenerationPlan.of(spec, self.engine.shards.split)
        self.done = 0

    def advance(self, until: int) -> Report:
        """Up to `until`, but not beyond the last training step in one go."""
        losses = None
        if self.done < self.plan.steps:
            for step in range(self.done, min(until, self.plan.steps)):
                losses = self.engine.step(step)
                self.done = step + 1
        else:
            for step in range(self.done, until):
                self.engine.final_block(step - self.plan.steps)
                self.done = step + 1
        return Report(self.done, self._by_shard(losses))

    def state(self) -> State:
        """Before the final pass the surrogate is all of it: no step starts from stored noise, and
        the final pass makes every row anew."""
        return State(apart(self.engine.surrogate.state()), self._noise(), {"done": self.done})

    def load(self, state: State | None) -> None:
        if state is None:
            if self.done:
                raise RuntimeError("a generation that has begun cannot begin again")
            return
        self.done = int(state.facts["done"])
        self.engine.surrogate.load(state.shared)
        for shard in self.engine.shards.owned:
            if shard in state.shards:
                self.engine.noise[self.engine.shards.here(shard)] = state.shards[shard][NOISE].to(
                    self.engine.noise.device
                )

    def _noise(self) -> dict[int, dict[str, Tensor]]:
        if self.done <= self.plan.steps:
            return {}
        shards, noise = self.engine.shards, self.engine.noise
        return {shard: apart({NOISE: noise[shards.here(shard)]}) for shard in shards.owned}

    def _by_shard(self, losses: Tensor | None) -> Mapping[int, float]:
        if losses is None:
            return {}
        return dict(zip(self.engine.shards.slots, losses.tolist(), strict=True))


def generate(
    spec: ExperimentSpec,
    images: ImageSet,
    *,
    device: torch.device,
    sink: ProgressSink = silent,
    checkpoint: Checkpoint | None = None,
) -> Generated:
    """Noise for every image of `images` on one device (methods.md section 2), from `checkpoint` on
    where it has one; the result is the same.

    Raises `WorkFailed` where the surrogate's loss stops being a number, `OutOfTime` where the
    checkpoint's time is over.
    """
    crew = Generation(spec, images.rows.to(device), split_of(spec, len(images)))
    return Generated.of(conduct(crew.plan, crew, sink=sink, checkpoint=checkpoint))
