"""Why a trial ended, told from what it raised."""

from __future__ import annotations

import errno

import pytest
import torch
from ray.exceptions import ActorUnavailableError, OutOfMemoryError, RayError

from sem_ray.errors import BadInput, DiskFailed, WorkersLost, WorkFailed
from sem_ray.studies.definition.retry import Reason
from sem_ray.studies.run.failure_reasons import reason_of

RAISED: list[tuple[BaseException, Reason | None]] = [
    (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB"), "out_of_memory"),
    (MemoryError(), "out_of_memory"),
    (OSError(errno.ENOMEM, "Cannot allocate memory"), "out_of_memory"),
    (
        RuntimeError("[enforce fail at alloc_cpu.cpp:121] DefaultCPUAllocator: can't allocate "),
        "failed",
    ),
    (
        RuntimeError("[enforce fail] . DefaultCPUAllocator: can't allocate memory: you tried to"),
        "out_of_memory",
    ),
    (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling"), "out_of_memory"),
    (RuntimeError("CUDA error: device-side assert triggered"), "failed"),
    (OutOfMemoryError("killed due to the node running low on memory"), "out_of_memory"),
    (ActorUnavailableError("The actor is temporarily unavailable", None), "machine_lost"),
    (RayError("anything else that Ray raises"), "worker_died"),
    (WorkersLost("the group lost actors 21 times"), "worker_died"),
    (WorkFailed("out of luck"), "failed"),
    (OSError(errno.EIO, "Input/output error"), "failed"),
    (BadInput("no such images"), None),
    (DiskFailed("the disk is full"), None),
]


@pytest.mark.parametrize(("error", "reason"), RAISED, ids=lambda value: str(value)[:30])
def test_each_failure_has_a_reason(error: BaseException, reason: Reason | None) -> None:
    assert reason_of(error) == reason


def test_the_reason_is_found_below_what_was_made_of_it() -> None:
    above = WorkFailed("an actor failed")
    above.__cause__ = RuntimeError("wrapped")
    above.__cause__.__context__ = MemoryError()
    assert reason_of(above) == "out_of_memory"


def test_a_real_allocation_that_is_too_large_is_out_of_memory() -> None:
    with pytest.raises(RuntimeError) as failed:
        torch.empty(2**60, dtype=torch.uint8)
    assert reason_of(failed.value) == "out_of_memory"
