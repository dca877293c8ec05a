"""What work occupied while it ran: how much of a machine's cores, GPUs and GPU memory."""

from __future__ import annotations

from typing import Protocol

import torch

from sem_ray.spec.base import Frozen

PROCESS_MEMORY = 700_000_000
"""Bytes of a GPU allowed to a process besides its tensors: CUDA's context, kernels, workspaces."""


class DeviceUse(Frozen):
    """What one trial occupied, its actors included. It is recorded and changes no result."""

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
