"""Time, floating-point operations, memory, and the machine's own matrix-product peak."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch.utils.flop_counter import FlopCounterMode

Work = Callable[[], object]
GEMM_SIZES = (512, 1024, 2048)
GEMM_SIZES_GPU = (4096, 8192, 16384)


def seconds(work: Work, device: torch.device) -> float:
    """Wall seconds of one call, its kernels included."""
    synchronize(device)
    start = time.perf_counter()
    work()
    synchronize(device)
    return time.perf_counter() - start


def interleaved(
    works: dict[str, Work], rounds: int, device: torch.device
) -> dict[str, list[float]]:
    """Seconds of each work, in turn, so that a machine whose speed drifts is fair to all."""
    for work in works.values():
        work()
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            times[name].append(seconds(work, device))
    return times


def median(values: list[float]) -> float:
    return statistics.median(values)


def flops(work: Work) -> int:
    """Floating-point operations that PyTorch's own counter sees in one call."""
    with FlopCounterMode(display=False) as counter:
        work()
    return int(counter.get_total_flops())


class Gemm:
    """Square matrix products in `dtype`: the rate the machine can be asked to reach."""

    def __init__(self, size: int, dtype: torch.dtype, device: torch.device) -> None:
        generator = torch.Generator().manual_seed(size)
        left, right = (torch.randn(size, size, generator=generator) for _ in range(2))
        self.left, self.right = left.to(device, dtype), right.to(device, dtype)
        self.out = torch.empty_like(self.left)
        self.flops = 2 * size**3

    def __call__(self) -> None:
        torch.mm(self.left, self.right, out=self.out)


def gemms(dtype: torch.dtype, device: torch.device) -> dict[str, Gemm]:
    """By name, one for each size worth trying."""
    sizes = GEMM_SIZES_GPU if device.type == "cuda" else GEMM_SIZES
    return {f"gemm {size}": Gemm(size, dtype, device) for size in sizes}


def synchronize(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def peak_bytes(work: Work, device: torch.device) -> int:
    """The most memory in use during one call: of the process, or of the GPU's allocator."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        work()
        synchronize(device)
        return int(torch.cuda.max_memory_allocated(device))
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # resets VmHWM
    work()
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024
