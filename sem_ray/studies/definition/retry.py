"""Which lost trials of a study run again, with the values they had."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from sem_ray.spec.base import Frozen, Whole

RetryReason = Literal["worker_died", "out_of_memory", "failed"]
"""`worker_died`: the trial's process was killed or crashed, or its actors could not be kept alive.
`out_of_memory`: of the device or of the machine. `failed`: anything else that need not happen
again; not what the settings or the disk are at fault for."""
Reason = Literal[RetryReason, "machine_lost"]

MOST_MACHINES = 20
"""Machines that may be lost under one trial: a study whose every machine goes must end."""


class RetrySpec(Frozen):
    """How often a trial that was lost is given out again before it counts as failed.

    A trial whose machine was lost, as a preempted one is, runs again in any case, up to
    `MOST_MACHINES` times.
    """

    times: Annotated[Whole, Field(ge=0, le=100)] = 2
    """Most times that one trial runs again; with 0 none does."""
    on: tuple[RetryReason, ...] = ("worker_died", "out_of_memory")
    """The reasons to run again for."""

    def allows(self, losses: Sequence[Reason]) -> bool:
        """Whether a trial runs again that was lost for these reasons, the last one just now."""
        machines = losses.count("machine_lost")
        if losses[-1] == "machine_lost":
            return machines <= MOST_MACHINES
        return losses[-1] in self.on and len(losses) - machines <= self.times
