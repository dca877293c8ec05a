"""What the model of scaling takes a machine to be. Measured, from a data sheet, or assumed: each
says which."""

from __future__ import annotations

import os

from benchmarks.scaling.step_costs import Link, Machine

GPUS = Machine(
    flops=0.5 * 788e12,  # a matrix product's measured rate (docs/results.md); half is an assumption
    launch=1e-3,  # some 200 kernels a pass (docs/speed.md) at 5 µs, an assumption
    memory=4.8e12,  # H200's data sheet
    devices=8,
    inside=Link(450e9, 3e-6, start=20e-6, tree=True),  # NVLink 4's data sheet; delays assumed
    between=Link(50e9, 5e-6, start=20e-6, tree=True),  # InfiniBand NDR, one a GPU; delays assumed
    gradient_bytes=4,
    report=0.9e-3,  # benchmarks.scaling.driver_calls on two cores
    call=0.3e-3,
    state=0.45e9,  # benchmarks.scaling.measured on two cores
)
REPLAY = 1e-4
"""Least seconds of a compiled pass, replayed as a CUDA graph: an assumption."""
CORES = Machine(
    flops=1.0e11,
    launch=0.0,
    memory=1.4e10,
    devices=os.cpu_count() or 1,
    inside=Link(0.75e9, 6.8e-5, hidden=0.0),
    between=None,
    gradient_bytes=8,
    report=0.9e-3,
    call=0.3e-3,
    state=0.45e9,
)
"""The measured figures of two cores of an AMD EPYC, unless --measure finds others."""
BETWEEN_FAILURES = 50_676 * 3600
"""Seconds of one GPU: 419 interruptions of 16,384 GPUs in 54 days (Llama 3,
https://arxiv.org/abs/2407.21783, section 3.3.4)."""
