"""How a trial in a worker hears what the driver says to its rung: Tune carries reports one way.

The driver answers while it handles the report, and the worker asks until the answer is there. So a
trial that stops ends as any other does: it closes what it has open, and its worker stays for the
next one.
"""

from __future__ import annotations

import time
from typing import Any

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

POLL = 0.05
"""Seconds between the first two questions; each further pause is twice as long."""
SLOWEST = 1.0


class _Answers:
    """The Ray actor that holds the answers, beside the driver."""

    def __init__(self) -> None:
        self._stops: dict[tuple[int, int], bool] = {}

    def put(self, trial: int, rung: int, stops: bool) -> None:
        self._stops[trial, rung] = stops

    def take(self, trial: int, rung: int) -> bool | None:
        return self._stops.pop((trial, rung), None)


class RungAnswers:
    """The driver's and the workers' side alike; it can travel."""

    def __init__(self) -> None:
        here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
        actor = ray.remote(_Answers).options(num_cpus=0, scheduling_strategy=here)
        self._actor: Any = actor.remote()

    def put(self, trial: int, rung: int, stops: bool) -> None:
        """Say whether the trial is to stop at the rung."""
        ray.get(self._actor.put.remote(trial, rung, stops))

    def wait(self, trial: int, rung: int) -> bool:
        """What was said; asked for until it is."""
        pause = POLL
        while (answer := ray.get(self._actor.take.remote(trial, rung))) is None:
            time.sleep(pause)
            pause = min(2 * pause, SLOWEST)
        return bool(answer)
