"""The kind of machine a run was computed on: float sums differ between kinds, and so do results."""

from __future__ import annotations

import platform
from functools import cache
from pathlib import Path

import torch

EXTENSIONS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")
"""Of a processor's instructions, those that decide which kernels PyTorch takes."""


def machine_kind(device: torch.device) -> str:
    """The model of the GPU or processor that `device` is; the same for equal machines."""
    if device.type == "cuda":
        return str(torch.cuda.get_device_name(device))
    return processor()


@cache
def processor() -> str:
    """The model the kernel names, with the matrix extensions that matter."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    found = {
        key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)
    }
    flags = set(found.get("flags", "").split())
    extensions = [name for name in EXTENSIONS if name in flags]
    return f"{found.get('model name', platform.machine())} ({', '.join(extensions)})"
