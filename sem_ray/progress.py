"""What long work says about itself while it runs; who shows it, and how, is decided above."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Progress:
    """One report of a running stage.

    `unit` names what is counted (`"steps"`, `"images"`). `figures` holds what is worth a glance
    (a loss, an accuracy in %); reports without news leave it empty, so reading a figure from a
    device never slows the work that produced it.
    """

    stage: str
    done: int
    total: int
    unit: str = "steps"
    figures: dict[str, float] = field(default_factory=dict)


ProgressSink = Callable[[Progress], None]


def silent(progress: Progress) -> None:
    """The sink for callers who do not watch."""
