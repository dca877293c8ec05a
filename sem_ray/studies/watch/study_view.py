"""A study at one moment: how it stands and what runs, for a screen to show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sem_ray.studies.events import DevicesChosen, DevicesTaken
from sem_ray.studies.journal.live import LiveTrial
from sem_ray.studies.watch.standing import Standing
from sem_ray.studies.watch.time_left import TimeLeft, TrialPace, time_left


@dataclass(frozen=True)
class RunningTrial:
    """A trial at work."""

    live: LiveTrial
    values: Mapping[str, Any]
    """The searched settings."""
    configuration: int
    seed: int | None
    """Of its experiment; None if that is not known."""
    share: float | None = None
    """Of its work that is done, in [0, 1]; None if that cannot be said."""

    def pace(self, now: float) -> TrialPace:
        """How fast it goes. Its last report is what `share` is about."""
        live = self.live
        startup = (live.working_since or now) - live.started
        return TrialPace((live.reported or now) - live.started, self.share, startup)

    @property
    def rate(self) -> float | None:
        """Units a second of its stage since that began; None before there is one."""
        progress, since = self.live.progress, self.live.stage_since
        reported = self.live.reported
        if progress is None or since is None or reported is None or reported <= since:
            return None
        return (progress.done - self.live.stage_from) / (reported - since)


@dataclass(frozen=True)
class StudyView:
    """What a person sees of a study."""

    standing: Standing
    running: tuple[RunningTrial, ...] = ()
    devices: DevicesChosen | None = None
    """None until they are chosen, and for a backend that does not say."""
    taken: DevicesTaken | None = None
    started: float | None = None
    """When the sweep began, in seconds since the epoch; None if none runs."""
    now: float = 0.0

    @property
    def left(self) -> TimeLeft | None:
        """The time to the end; None if nothing tells it yet."""
        paces = [one.pace(self.now) for one in self.running]
        waiting = max(self.standing.runs_left - len(self.running), 0)
        at_once = max(len(self.running), self._room)
        return time_left(waiting, paces, self.standing.seconds, at_once)

    @property
    def _room(self) -> int:
        return self.devices.at_once if self.devices else 1

    @property
    def spent(self) -> Mapping[str, float]:
        """GPU-hours and core-hours, those of the running trials included."""
        found = dict(self.standing.device_hours)
        if self.taken and self.running:
            unit = "GPU-hours" if self.taken.gpus else "core-hours"
            each = (self.taken.gpus or self.taken.cpus) / len(self.running)
            seconds = sum(self.now - one.live.started for one in self.running)
            found[unit] = found.get(unit, 0.0) + each * seconds / 3600
        return found
