"""What a sweep may spend."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Budget:
    """Failures to bear, and room for trials."""

    failures: int
    """Failures left before the sweep gives up."""
    concurrency: int | None = None
    """Most trials at once; None is no limit."""

    @classmethod
    def for_runs(cls, missing: int, concurrency: int | None = None) -> Budget:
        """As many failures as runs are missing, so that a sweep in which every trial fails ends."""
        return cls(max(missing, 1), concurrency)

    def has_room(self, running: int) -> bool:
        """Whether one more trial may start beside those that run."""
        return self.concurrency is None or running < self.concurrency

    @property
    def spent(self) -> bool:
        """Whether no trial will start any more, however the running ones end."""
        return self.failures <= 0

    def take_failure(self) -> None:
        self.failures -= 1
