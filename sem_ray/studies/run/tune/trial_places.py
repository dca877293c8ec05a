"""Which devices each trial of a sweep gets, and whether there is room for one more."""

from __future__ import annotations

from sem_ray.cluster.device_choice import DeviceChoice, one_more_fits
from sem_ray.cluster.gpu_kinds import Nodes
from sem_ray.cluster.gpu_sharing import share
from sem_ray.device_use import DeviceUse
from sem_ray.spec.resources import TrialResources
from sem_ray.studies.events import DevicesTaken, OnDevices, ignore
from sem_ray.studies.journal.trial_report import Failed, Finished, TrialReport


class TrialPlaces:
    """Keeps account of what running trials occupy of `nodes`.

    If `choice.packs`, the first trial takes a whole GPU; what it reports of the GPU's memory says
    how many of those that follow share one.
    """

    def __init__(self, choice: DeviceChoice, nodes: Nodes, on_change: OnDevices = ignore) -> None:
        self._choice, self._nodes, self._on_change = choice, nodes, on_change
        self._running: dict[int, TrialResources] = {}
        self._measured: list[DeviceUse] = []
        self._overflows = 0

    @property
    def resources(self) -> TrialResources:
        """What the next trial takes."""
        wanted = self._choice.resources
        if not self._choice.packs:
            return wanted
        return wanted.model_copy(update={"gpus": share(self._measured, self._overflows)})

    @property
    def have_room(self) -> bool:
        """Whether the next trial fits beside those that run."""
        if not self._choice.packs:
            return len(self._running) < self._choice.at_once
        return one_more_fits(tuple(self._running.values()), self.resources, self._nodes)

    def take(self, trial: int) -> TrialResources:
        """Note that a trial starts, and what it takes."""
        taken = self._running[trial] = self.resources
        self._on_change(self._taken)
        return taken

    @property
    def _taken(self) -> DevicesTaken:
        held = self._running.values()
        return DevicesTaken(
            sum(each.cpus_in_all for each in held), sum(each.gpus_in_all for each in held)
        )

    def free(self, trial: int, report: TrialReport) -> None:
        """Note that a trial ended, and what it says of its memory. One that had a whole GPU and did
        not fit would not fit any share."""
        taken = self._running.pop(trial)
        self._on_change(self._taken)
        if isinstance(report, Finished) and report.device is not None:
            self._measured.append(report.device)
        elif isinstance(report, Failed) and report.reason == "out_of_memory" and 0 < taken.gpus < 1:
            self._overflows += taken.gpus == self.resources.gpus
