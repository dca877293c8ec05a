"""What a sweep asks of a backend that runs its trials."""

from __future__ import annotations

from typing import Protocol

from sem_ray.studies.run.trial import TrialSetting
from sem_ray.studies.run.trial_queue import TrialQueue


class TrialBackend(Protocol):
    """A place where trials run: Ray Tune's workers, or what a simulation or a test puts in their
    place."""

    def run(self, queue: TrialQueue, setting: TrialSetting) -> None:
        """Run the trials that `queue` gives, as many at once as there is room for, and hand every
        report back to it, until it is over.

        Raises `BadInput` if trials fit nowhere, `WorkFailed` if the work cannot go on.
        """
