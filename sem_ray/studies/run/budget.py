"""How many trials a sweep may start."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Budget:
    """Trials to finish, and failures to bear on the way."""

    target: int
    """Finished trials of the study to reach, those of earlier sweeps included."""
    failures: int
    """Failures left before the sweep gives up."""
    concurrency: int | None = None
    """Most trials at once; None is no limit."""

    @classmethod
    def to_reach(cls, target: int, complete: int, concurrency: int | None = None) -> Budget:
        """As many failures as trials are missing, so that a sweep in which every trial fails ends.
        A failed trial is replaced until then."""
        return cls(target, max(target - complete, 1), concurrency)

    def allows(self, complete: int, running: int) -> bool:
        """Whether one more trial may start now."""
        if self.is_spent(complete) or complete + running >= self.target:
            return False
        return self.concurrency is None or running < self.concurrency

    def is_spent(self, complete: int) -> bool:
        """Whether no trial will start any more, however the running ones end."""
        return complete >= self.target or self.failures <= 0

    def take_failure(self) -> None:
        self.failures -= 1
