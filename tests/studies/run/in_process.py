"""A backend without Ray: trials run here, one after the other."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial

from sem_ray.studies.run.trial import TrialSetting, attempt
from sem_ray.studies.run.trial_queue import TrialQueue

PAUSE = 0.01
"""Seconds between two questions for a trial."""


@dataclass(frozen=True)
class InProcess:
    """What a sweep needs of a backend, and no more."""

    def run(self, queue: TrialQueue, setting: TrialSetting) -> None:
        while not queue.over:
            request = queue.next()
            if request is None:
                time.sleep(PAUSE)  # another sweep makes what it needs
                continue
            sink = partial(queue.progress, request.trial)
            at_rung = partial(queue.rung, request.trial) if request.rungs else None
            queue.end(request.trial, attempt(request.spec, setting, sink, at_rung))
