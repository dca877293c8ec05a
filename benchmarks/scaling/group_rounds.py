"""A few steps of a run on actors, through the loop that drives every run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import torch

from benchmarks.harness import timing
from sem_ray.cluster.group.shard_group import ShardGroup
from sem_ray.errors import WorkFailed
from sem_ray.methods import Stage
from sem_ray.methods.generation import GenerationSchedule
from sem_ray.progress import Progress
from sem_ray.training.run_loop import Report, run_schedule
from sem_ray.training.run_state import State

CPU = torch.device("cpu")


class Continued:
    """A group in the middle of its run, as the crew of a few steps more."""

    def __init__(self, group: ShardGroup) -> None:
        self._group, self._begun = group, False
        self.done = group.done

    @property
    def waiting(self) -> bool:
        return self._group.waiting

    def advance(self, until: int) -> Report:
        report = self._group.advance(until)
        self.done = report.done
        return report

    def state(self) -> State:
        """Nobody asks what was made."""
        return State({})

    def load(self, state: State | None) -> None:  # noqa: ARG002
        if self._begun:
            raise WorkFailed("an actor was lost while it was measured; run the benchmark again")
        self._begun = True


@dataclass(frozen=True)
class Round:
    """A few steps of one variant. seconds: wall time of the driver's loop; members: each one's own,
    the waits for one another among them; slowest: the sum over reports of the longest."""

    steps: int
    seconds: float
    workers: tuple[float, ...]
    slowest: float
    reports: int

    @property
    def driver(self) -> float:
        """What the loop took beyond the members' work."""
        return self.seconds - self.slowest


def one_round(group: ShardGroup, steps: int) -> Round:
    """`run_schedule`, the loop of every run, for `steps` more steps, without a checkpoint."""
    told: list[Progress] = []
    schedule = GenerationSchedule((Stage("noise", group.done + steps, "steps"),))
    seconds = timing.seconds(
        partial(run_schedule, schedule, Continued(group), sink=told.append), CPU
    )
    times = [[worker.seconds for worker in report.workers] for report in told]
    workers = tuple(sum(each) for each in zip(*times, strict=True))
    return Round(steps, seconds, workers, sum(max(each) for each in times), len(told))
