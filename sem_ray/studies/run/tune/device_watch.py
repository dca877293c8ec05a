"""What a trial's process occupies of its device, from its beginning to its end."""

from __future__ import annotations

from collections.abc import Callable

import torch

from sem_ray.device_use import DeviceUse, MemoryMeter, meter_of
from sem_ray.spec.resources import TrialResources


class DeviceWatch:
    """Measures one trial on the device that it got.

    `held` says that the trial shares a GPU with others by measured memory, and must not take more
    than its share. Of a trial whose work actors do, only what it was given is known.
    """

    def __init__(
        self,
        resources: TrialResources,
        *,
        held: bool = False,
        meter: Callable[[torch.device], MemoryMeter] = meter_of,
    ) -> None:
        self._resources, self._held, self._meter_of = resources, held, meter
        self._begun = False
        self._meter: MemoryMeter | None = None

    def begin(self, device: torch.device) -> None:
        """The trial's work starts on `device`."""
        self._begun = True
        if self._resources.actors is None:
            self._meter = self._meter_of(device)
            share = self._resources.gpus
            self._meter.begin(share if self._held and 0 < share < 1 else None)

    def use(self) -> DeviceUse | None:
        """What it occupied until now; None if it has not begun."""
        if not self._begun:
            return None
        given, meter = self._resources, self._meter
        return DeviceUse(
            cpus=given.cpus_in_all,
            gpus=given.gpus_in_all,
            memory=meter.memory if meter else None,
            peak=meter.peak() if meter else None,
        )
