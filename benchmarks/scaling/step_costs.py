"""A step of a generation on K devices, on paper: what is computed, what travels, what waits.

Pure: constants in, seconds out. `benchmarks.scaling.model` measures or states the constants.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from benchmarks.scaling.step_work import Workload
from sem_ray.checkpoint import EVERY
from sem_ray.training.run_loop import REPORT_EVERY

STATISTICS = (3, 2)
"""Numbers a channel and part in BatchNorm's sums, forward and backward
(networks/passes/sync_batch_norm.py)."""
BACKWARD = 2 / 3
"""Of a training pass's time."""
REPEATED = 12
"""Times that every member passes over all weights in a step, whatever its share: the optimiser
reads and writes five, settling sums three, folding BatchNorm into the twin four."""


@dataclass(frozen=True)
class Link:
    """Between two members. bandwidth: bytes/s each way; latency: seconds a message; start: seconds
    before the first of a sum; tree: whether a small sum goes up and down a tree, as NCCL's, or
    around the ring; hidden: the share of the backward pass that a sum beside it does not slow."""

    bandwidth: float
    latency: float
    start: float = 0.0
    tree: bool = False
    hidden: float = 1.0

    def sum_seconds(self, members: int, size: float) -> float:
        """An all-reduce of `size` bytes: every member sends 2 (K-1)/K of them."""
        if members == 1:
            return 0.0
        hops = 2 * math.ceil(math.log2(members)) if self.tree else 2 * (members - 1)
        return (
            self.start + 2 * (members - 1) / members * size / self.bandwidth + hops * self.latency
        )


@dataclass(frozen=True)
class Machine:
    """Where members run. flops: of one device in the passes, FLOP/s; launch: the least seconds of
    one pass; memory: bytes/s; devices: how many work at once on one machine before they take turns
    (cores) or before sums leave it (GPUs)."""

    flops: float
    launch: float
    memory: float
    devices: int
    inside: Link
    between: Link | None
    """None: there is one machine, whose devices take turns."""
    gradient_bytes: int
    """Of one parameter's gradient on its way."""
    report: float
    """Seconds of the driver for each report."""
    call: float
    """Seconds of the driver for each member of a report."""
    state: float
    """Bytes/s of a state on its way to the driver, while members wait."""
    every: float = REPORT_EVERY
    """Seconds between reports."""
    interval: float = EVERY
    """Seconds between checkpoints."""

    def link(self, members: int) -> Link:
        return self.inside if self.between is None or members <= self.devices else self.between

    def turns(self, members: int) -> float:
        return max(1.0, members / self.devices) if self.between is None else 1.0


@dataclass(frozen=True)
class Step:
    """Seconds. compute: passes of the largest share; repeated: what every member does alike; norms:
    BatchNorm's sums; gradients: what of their sums the backward pass does not hide; driver and
    checkpoint: their parts of one step."""

    members: int
    batch: int
    compute: float
    repeated: float
    norms: float
    gradients: float
    driver: float
    checkpoint: float

    @property
    def communication(self) -> float:
        return self.norms + self.gradients

    @property
    def seconds(self) -> float:
        work = self.compute + self.repeated + self.communication
        return work + self.driver + self.checkpoint

    @property
    def images_per_second(self) -> float:
        return self.batch / self.seconds


def step(work: Workload, machine: Machine, members: int) -> Step:
    """One step of at most `work.shards` members. Raises `ValueError` beyond."""
    if not 1 <= members <= work.shards:
        raise ValueError(f"{members} members cannot share {work.shards} shards")
    images, turns = work.largest(members), machine.turns(members)
    noise = passes_seconds(machine, work.launches, work.gradients * 2 * work.forward * images)
    training = passes_seconds(machine, 3, work.training * images)
    repeated = repeated_seconds(work, machine)
    norms = norm_seconds(work, machine.link(members), members)
    exposed = gradient_seconds(work, machine, members, BACKWARD * training * turns)
    busy = (noise + training + repeated) * turns + norms + exposed
    return Step(
        members=members,
        batch=work.batch,
        compute=(noise + training) * turns,
        repeated=repeated * turns,
        norms=norms,
        gradients=exposed,
        driver=(machine.report + machine.call * members) / max(1.0, machine.every / busy),
        checkpoint=busy * 8 * work.parameters / machine.state / machine.interval,
    )


def passes_seconds(machine: Machine, launches: int, flops: float) -> float:
    return max(launches * machine.launch, flops / machine.flops)


def repeated_seconds(work: Workload, machine: Machine) -> float:
    return REPEATED * 4 * work.parameters / machine.memory


def norm_seconds(work: Workload, link: Link, members: int) -> float:
    """Two sums a BatchNorm, one after the other, of a row a shard in float64."""
    return sum(
        work.norms
        * link.sum_seconds(members, work.shards * figures * 8 * work.channels / work.norms)
        for figures in STATISTICS
    )


def gradient_seconds(work: Workload, machine: Machine, members: int, backward: float) -> float:
    """How long after the backward pass the last bucket is summed: each is on its way when it is
    full and the one before it is there."""
    link, end = machine.link(members), 0.0
    for parameters, full in work.buckets:
        ready = backward * (1 - link.hidden * (1 - full))
        took = link.sum_seconds(members, parameters * machine.gradient_bytes)
        end = max(end, ready) + took
    return max(end - backward, 0.0) if members > 1 else 0.0


def strong(work: Workload, machine: Machine, members: int) -> Step:
    """The same batch among more members, with a shard for each. Raises `ValueError` where there are
    more members than images."""
    if members > work.batch:
        raise ValueError(f"{members} members cannot share {work.batch} images")
    return step(work.shared(members), machine, members)


def weak(work: Workload, machine: Machine, members: int) -> Step:
    """A batch that grows with the members."""
    return step(work.times(members), machine, members)


def outweighed(steps: Iterable[Step]) -> int | None:
    """The fewest members whose communication takes longer than their passes."""
    return next((one.members for one in steps if one.communication > one.compute), None)


def efficiency(one: Step, many: Step) -> float:
    """Images a second and member, as a share of one member's."""
    return many.images_per_second / many.members / one.images_per_second


def lost_share(members: int, between_failures: float, interval: float, recovery: float) -> float:
    """Of the time, to failures: half an interval's work each, and the gathering. between_failures:
    seconds of one member."""
    return min(members * (interval / 2 + recovery) / between_failures, 1.0)
