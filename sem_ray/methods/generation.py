"""Generate noise: run the units of a method, one after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from sem_ray.checkpoint import Checkpoint
from sem_ray.data.image_set import ImageSet, Rows
from sem_ray.distributed import LOCAL, Communicator
from sem_ray.distributed.shards import Split
from sem_ray.methods import MethodContext, Stage, method_of, split_of
from sem_ray.progress import Progress, ProgressSink, silent
from sem_ray.spec import ExperimentSpec
from sem_ray.training.run_loop import Finished, Report, run_schedule
from sem_ray.training.run_state import State, apart

NOISE = "noise"


@dataclass(frozen=True)
class Generated:
    """The result of a generation.

    noise: int8 [N, C, H, W] in 1/255, on the CPU. seconds: wall time, over all interruptions. loss:
    the surrogate's last, NaN if the method has none.
    """

    noise: Tensor
    seconds: float
    loss: float

    @classmethod
    def of(cls, finished: Finished) -> Generated:
        """The noise of all shards, joined in the order of the rows."""
        shards = finished.state.shards
        noise = torch.cat([shards[shard][NOISE] for shard in sorted(shards)])
        return cls(noise, finished.seconds, finished.loss)


@dataclass(frozen=True)
class GenerationSchedule:
    """The stages of a method; their units are counted through from the first to the last."""

    stages: tuple[Stage, ...]
    role: str = "surrogate"

    @classmethod
    def of(cls, spec: ExperimentSpec, split: Split) -> GenerationSchedule:
        """The schedule of the method that `spec` names. Raises `BadInput` if it is unknown."""
        return cls(method_of(spec).stages(spec, split))

    @property
    def total(self) -> int:
        return sum(stage.units for stage in self.stages)

    def end(self, done: int) -> int:
        """The number of units after which the stage ends that is under way after `done` units."""
        end = 0
        for stage in self.stages:
            end += stage.units
            if done < end:
                break
        return end

    def progress(self, done: int) -> Progress:
        for stage in self.stages[:-1]:
            if done <= stage.units:
                return Progress(stage.name, done, stage.units, stage.unit)
            done -= stage.units
        last = self.stages[-1]
        return Progress(last.name, done, last.units, last.unit)


class Generation:
    """An executor without other workers: a generation on the shards that lie here."""

    waiting = False

    def __init__(
        self,
        spec: ExperimentSpec,
        rows: Rows,
        split: Split | None = None,
        owned: Sequence[int] | None = None,
        communicator: Communicator = LOCAL,
    ) -> None:
        context = MethodContext.of(spec, rows, split, owned, communicator)
        self.shards = context.shards
        self.schedule = GenerationSchedule.of(spec, self.shards.split)
        self.method_run = method_of(spec).begin(context)
        self.done = 0

    def advance(self, until: int) -> Report:
        """Work up to unit `until`, at most to the end of the stage. If the method has converged,
        all units count as done."""
        losses, images = None, 0
        for unit in range(self.done, min(until, self.schedule.end(self.done))):
            found = self.method_run.advance(unit)
            losses = losses if found is None else found
            images += self.method_run.images(unit)
            self.done = self.schedule.total if self.method_run.finished else unit + 1
            if self.method_run.finished:
                break
        metrics = dict(self.method_run.metrics)
        return Report(self.done, self._by_shard(losses), metrics, images=images)

    def state(self) -> State:
        kept = self.method_run.kept(self.done)
        shards = {
            shard: apart({name: rows[self.shards.here(shard)] for name, rows in kept.items()})
            for shard in (self.shards.owned if kept else ())
        }
        return State(apart(self.method_run.shared()), shards, {"done": self.done})

    def load(self, state: State | None) -> None:
        if state is None:
            if self.done:
                raise RuntimeError("a generation that has begun cannot begin again")
            return
        self.done = int(state.facts["done"])
        own = [state.shards[shard] for shard in self.shards.owned if shard in state.shards]
        names = own[0] if own else ()
        kept = {name: torch.cat([rows[name] for rows in own]) for name in names}
        self.method_run.load(state.shared, kept)

    def _by_shard(self, losses: Tensor | None) -> Mapping[int, float]:
        if losses is None:
            return {}
        return dict(zip(self.shards.slots, losses.tolist(), strict=True))


def generate(
    spec: ExperimentSpec,
    images: ImageSet,
    *,
    device: torch.device,
    stream: bool | None = None,
    sink: ProgressSink = silent,
    checkpoint: Checkpoint | None = None,
) -> Generated:
    """Make noise for every image of `images` on one device (docs/algorithm.md, docs/methods.md).

    Continues from `checkpoint` if it holds a state; the result is the same. `stream` says whether
    images stay in host memory or on disk, and their noise in host memory (`Rows.to`). Raises
    `WorkFailed` if the surrogate's loss stops being a number, `OutOfTime` if the checkpoint's time
    is over, `BadInput` if the method is unknown.
    """
    rows = images.rows.to(device, stream=stream, beside=method_of(spec).beside)
    executor = Generation(spec, rows, split_of(spec, len(images)))
    return Generated.of(run_schedule(executor.schedule, executor, sink=sink, checkpoint=checkpoint))
