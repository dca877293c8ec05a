"""Why a trial ended badly, as far as what was raised or what Ray says tells."""

from __future__ import annotations

import errno
import re

import torch
from ray.exceptions import RayError, RayTaskError

from sem_ray.errors import BadInput, DiskFailed, WorkersLost
from sem_ray.studies.definition.retry import Reason
from sem_ray.studies.journal.trial_report import Failed

ALLOCATORS = re.compile(
    r"can't allocate memory|CUDA out of memory|CUBLAS_STATUS_ALLOC_FAILED|"
    r"CUDNN_STATUS_ALLOC_FAILED|CUDA error: out of memory"
)
"""How PyTorch's allocators, and libraries under it, say that memory is out if they raise a plain
`RuntimeError`."""
OUT_OF_MEMORY = re.compile(r"NODE_OUT_OF_MEMORY|low on memory|OutOfMemoryError", re.IGNORECASE)
"""What Ray says of a worker that its memory monitor killed."""
MACHINE_LOST = re.compile(
    r"node has died|node was (\w+ )?(preempted|terminated)|by preemption|temporarily unavailable"
)
"""What Ray says of a worker whose machine went. The last is said before Ray is sure; of a worker
that died alone its machine tells at once."""

SENTENCES: dict[Reason, str] = {
    "worker_died": "its worker died (killed, or crashed)",
    "out_of_memory": "its worker was killed because the machine's memory ran out",
    "machine_lost": "its machine was lost",
    "failed": "it ended without a report",
}
"""What is said of a trial whose worker could not say it."""


def reason_of(error: BaseException) -> Reason | None:
    """Why a trial ended that raised `error` in its worker; None if it would do so again."""
    if isinstance(error, BadInput | DiskFailed):
        return None
    chain = [error]
    while (below := chain[-1].__cause__ or chain[-1].__context__) and below not in chain:
        chain.append(below)
    found = [_reason(one) for one in chain]
    return next((reason for reason in found if reason is not None), "failed")


def _reason(error: BaseException) -> Reason | None:
    """What one error of a chain tells; None if it tells nothing."""
    if _is_out_of_memory(error):
        return "out_of_memory"
    if isinstance(error, RayError) and not isinstance(error, RayTaskError):
        return reason_in(str(error))
    return "worker_died" if isinstance(error, WorkersLost) else None


def _is_out_of_memory(error: BaseException) -> bool:
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    return isinstance(error, RuntimeError) and ALLOCATORS.search(str(error)) is not None


def reason_in(text: str) -> Reason:
    """Why a trial's worker ended of which Ray says `text`."""
    if OUT_OF_MEMORY.search(text):
        return "out_of_memory"
    return "machine_lost" if MACHINE_LOST.search(text) else "worker_died"


def lost(text: str) -> Failed:
    """The report of a trial whose worker ended without one; `text` is what Ray says of it."""
    reason = reason_in(text)
    return Failed(error=SENTENCES[reason], reason=reason, foreseen=False)
