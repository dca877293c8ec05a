"""What long work says about itself while it runs; who shows it, and how, is decided above."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Worker:
    """One worker of a group. `rate` is in images a second, of its own shards; `seconds` is
    how long it was at it since the last report."""

    name: str
    shards: tuple[int, ...]
    rate: float
    seconds: float


@dataclass(frozen=True)
class Progress:
    """One report of a running stage.

    `unit` names what is counted (`"steps"`, `"images"`). `metrics` holds what is worth a glance
    (a loss, an accuracy in %). `workers` are those of a group, if one is at work;
    `restarts` says how often it lost one and gathered again.
    """

    stage: str
    done: int
    total: int
    unit: str = "steps"
    metrics: Mapping[str, float] = field(default_factory=dict)
    workers: tuple[Worker, ...] = ()
    restarts: int = 0

    @classmethod
    def read(cls, content: Mapping[str, Any]) -> Progress:
        """What `dataclasses.asdict` wrote, perhaps through JSON."""
        workers = tuple(
            Worker(**{**worker, "shards": tuple(worker["shards"])}) for worker in content["workers"]
        )
        return cls(**{**content, "workers": workers})


ProgressSink = Callable[[Progress], None]


def silent(progress: Progress) -> None:
    """The sink for callers who do not watch."""
