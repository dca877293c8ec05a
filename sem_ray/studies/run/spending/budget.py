"""What a sweep may spend."""

from __future__ import annotations

from dataclasses import dataclass

from sem_ray.studies.run.spending.ledger import Ledger


@dataclass
class Budget:
    """Failures to bear, room for trials, and the limits that a study sets itself."""

    failures: int
    """Failures left before the sweep gives up."""
    concurrency: int | None = None
    """Most trials at once; None is no limit."""
    ledger: Ledger | None = None
    """What the study has spent; None sets no limit."""

    @classmethod
    def for_runs(
        cls, missing: int, concurrency: int | None = None, ledger: Ledger | None = None
    ) -> Budget:
        """As many failures as runs are missing, so that a sweep in which every trial fails ends."""
        return cls(max(missing, 1), concurrency, ledger)

    def has_room(self, running: int) -> bool:
        """Whether one more trial may start beside those that run."""
        return self.concurrency is None or running < self.concurrency

    @property
    def spent(self) -> bool:
        """Whether no trial will start any more, however the running ones end."""
        return self.failures <= 0 or self.exhausted is not None

    @property
    def exhausted(self) -> str | None:
        """Which limit of the study is reached, in words; None if there is none."""
        return self.ledger.exhausted() if self.ledger else None

    def take_failure(self) -> None:
        self.failures -= 1
