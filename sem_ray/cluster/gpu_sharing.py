"""How many trials share a GPU: by the memory that trials before them were measured to need.

A GPU that processes share has no borders between them. So a trial's allocator is held to its share
(`sem_ray.device_use`), and a trial that did not fit makes the shares of those that follow larger.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from sem_ray.device_use import PROCESS_MEMORY, DeviceUse

MARGIN = 1.2
"""Over the measured peak: other draws of the same settings fragment memory differently."""
MOST = 8
"""Trials on one GPU. More of them only take turns, as a GPU runs one process at a time."""
FINEST = 10_000
"""Ray counts a GPU in this many parts."""


def share(measured: Sequence[DeviceUse], overflows: int = 0) -> float:
    """The share of a GPU, in (0, 1], that a trial gets after those that were `measured`: enough for
    the largest of them on the smallest of their GPUs, and twice as much for each of `overflows`,
    trials that did not fit into theirs. 1 if nothing was measured."""
    used = [use for use in measured if use.memory and use.peak is not None]
    if not used:
        return 1.0
    memory = min(use.memory for use in used if use.memory)
    peak = max(use.peak for use in used if use.peak is not None)
    need = (MARGIN * peak + PROCESS_MEMORY) / memory * 2**overflows
    together = min(MOST, math.floor(1 / need)) if need < 1 else 1
    # Rounded down, so that as many as were counted fit.
    return math.floor(FINEST / together) / FINEST
