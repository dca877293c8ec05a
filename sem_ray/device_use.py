"""What work occupied while it ran: which device, how much of it, and how much of its memory."""

from __future__ import annotations

import platform
from functools import cache
from pathlib import Path
from typing import Protocol

import torch

from sem_ray.spec.base import Frozen

PROCESS_MEMORY = 700_000_000
"""Bytes of a GPU allowed to a process besides its tensors: CUDA's context, kernels, workspaces."""


class DeviceUse(Frozen):
    """What one trial occupied, its actors included. It is recorded and changes no result."""

    kind: str
    """The GPU's name, or the processor's if it had none."""
    cpus: float
    """Cores that it was given."""
    gpus: float = 0
    """GPUs that it was given."""
    memory: int | None = None
    """Bytes of the GPU; None without one, and for a trial whose work actors share."""
    peak: int | None = None
    """Most bytes of it that tensors held at once, as the allocator reserved them."""

    def device_hours(self, seconds: float) -> float:
        """GPU-hours of `seconds`, or core-hours if it had no GPU."""
        return (self.gpus or self.cpus) * seconds / 3600


class MemoryMeter(Protocol):
    """Measures the memory that a process takes of its device."""

    @property
    def memory(self) -> int | None:
        """Bytes of the device; None if that says nothing."""
        ...

    def begin(self, share: float | None) -> None:
        """Measure from now on; hold the process to `share` of the memory, in (0, 1], or to all of
        it if None."""
        ...

    def peak(self) -> int | None:
        """Most bytes since `begin`."""
        ...


class CudaMemory:
    """Of a GPU, as PyTorch's allocator tells it."""

    def __init__(self, device: torch.device) -> None:
        self._device = device

    @property
    def memory(self) -> int | None:
        return int(torch.cuda.get_device_properties(self._device).total_memory)

    def begin(self, share: float | None) -> None:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(self._device)
        limit = 1.0 if share is None else tensor_share(share, self.memory or 1)
        torch.cuda.set_per_process_memory_fraction(limit, self._device)

    def peak(self) -> int | None:
        return int(torch.cuda.max_memory_reserved(self._device))


class HostMemory:
    """Of a machine without a GPU nothing is measured."""

    memory: int | None = None

    def begin(self, share: float | None) -> None: ...

    def peak(self) -> int | None:
        return None


def meter_of(device: torch.device) -> MemoryMeter:
    return CudaMemory(device) if device.type == "cuda" else HostMemory()


def tensor_share(share: float, memory: int) -> float:
    """What tensors may take of a device of `memory` bytes if their process may take `share`."""
    return max(share - PROCESS_MEMORY / memory, share / 10)


@cache
def kind_of(device: torch.device) -> str:
    """The name of the GPU or of the processor."""
    if device.type == "cuda":
        return str(torch.cuda.get_device_name(device))
    return _processor() or platform.machine()


def _processor() -> str:
    """As Linux names it; empty elsewhere."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "")
