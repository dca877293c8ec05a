"""What a running sweep is doing at the moment: a small file beside the journal, for `status`.

It is no record. One sweep at a time holds a study and writes it; whoever reads it looks first
whether a sweep is running, because a killed one leaves its last words behind.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from sem_ray.progress import Progress
from sem_ray.studies.events import DeviceEvent, DevicesChosen, DevicesTaken

LIVE_FILE = "live.json"
WRITE_EVERY = 1.0
"""Least seconds between two writes."""


@dataclass(frozen=True)
class LiveTrial:
    """A running trial. Times are in seconds since the epoch, by the sweep's machine."""

    trial: int
    attempt: int
    """Which try it is, counted from 1."""
    started: float
    """When this try was given out."""
    progress: Progress | None = None
    """The last report of its stage; None until there is one."""
    stage_since: float | None = None
    """When that stage first reported."""
    reported: float | None = None
    """When the last report came."""
    working_since: float | None = None
    """When it first reported: its worker takes seconds to start."""
    stage_from: int = 0
    """Units that it had done when its stage first reported: a stage may go on from a checkpoint."""

    @property
    def percent(self) -> float | None:
        """How much of its stage is done; None if that is unknown."""
        if self.progress is None or not self.progress.total:
            return None
        return 100 * self.progress.done / self.progress.total


@dataclass(frozen=True)
class LiveSweep:
    """A sweep that is running, as of `written`."""

    process: int
    """The sweep's process id on its machine."""
    machine: str
    """Name of that machine."""
    started: float
    written: float
    trials: tuple[LiveTrial, ...] = ()
    devices: DevicesChosen | None = None
    """Of all trials; None until they are chosen."""
    taken: DevicesTaken | None = None
    """What of them runs trials now."""

    def of(self, trial: int) -> LiveTrial | None:
        """What that trial does; None if it is not running."""
        return next((live for live in self.trials if live.trial == trial), None)


_FORMAT: TypeAdapter[LiveSweep] = TypeAdapter(LiveSweep)


def read_live(folder: Path) -> LiveSweep | None:
    """What the sweep of the study in `folder` wrote last; None if it wrote nothing, or another
    version did. Whether that sweep still runs is for `is_running` to say."""
    try:
        return _FORMAT.validate_json((folder / LIVE_FILE).read_bytes())
    except (OSError, ValidationError):
        return None


class LiveWriter:
    """Keeps the file of a running sweep in line with its trials, written whole or not at all, at
    most once in `every` seconds. What the disk does not take is left out: nothing depends on it."""

    def __init__(
        self, folder: Path, *, every: float = WRITE_EVERY, clock: Callable[[], float] = time.time
    ) -> None:
        self._file, self._every, self._clock = folder / LIVE_FILE, every, clock
        self._trials: dict[int, LiveTrial] = {}
        self._started, self._written = clock(), float("-inf")
        self._devices: DevicesChosen | None = None
        self._taken: DevicesTaken | None = None

    def open(self) -> None:
        """The sweep began; what an earlier one left is gone."""
        self._write_if_due()

    def begin(self, trial: int, attempt: int = 1) -> None:
        """A trial was given out."""
        self._trials[trial] = LiveTrial(trial, attempt, self._clock())
        self._write_if_due()

    def watch(self, trial: int, progress: Progress) -> None:
        """A running trial reported."""
        if (before := self._trials.get(trial)) is None:
            return
        now = self._clock()
        same = before.progress is not None and before.progress.stage == progress.stage
        if not same:
            before = replace(before, stage_since=now, stage_from=progress.done)
        since = before.working_since or now
        live = replace(before, progress=progress, reported=now, working_since=since)
        self._trials[trial] = live
        self._write_if_due()

    def devices(self, event: DeviceEvent) -> None:
        """Devices were chosen, or others are taken."""
        if isinstance(event, DevicesChosen):
            self._devices = event
        else:
            self._taken = event
        self._write_if_due()

    def end(self, trial: int) -> None:
        """A trial ended, or was lost."""
        self._trials.pop(trial, None)
        self._write_if_due()

    def close(self) -> None:
        """The sweep is over."""
        with suppress(OSError):
            self._file.unlink(missing_ok=True)

    def _write_if_due(self) -> None:
        now = self._clock()
        if now - self._written >= self._every:
            self._written = now
            with suppress(OSError):
                self._write(now)

    def _write(self, now: float) -> None:
        """Not forced onto the disk, because a machine that stops ends the sweep with it."""
        trials = tuple(self._trials.values())
        sweep = LiveSweep(
            process=os.getpid(),
            machine=socket.gethostname(),
            started=self._started,
            written=now,
            trials=trials,
            devices=self._devices,
            taken=self._taken,
        )
        aside = self._file.with_suffix(".aside")
        aside.write_text(json.dumps(asdict(sweep)), encoding="utf-8")
        aside.replace(self._file)
