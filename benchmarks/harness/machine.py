"""The machine and the versions a measurement was made on, to stand beside its figures."""

from __future__ import annotations

import datetime
import platform

import torch

from sem_ray.machine import processor


def description() -> dict[str, str]:
    """Date, processor, GPU, and the versions that decide speed."""
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "none"
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "processor": processor(),
        "threads": str(torch.get_num_threads()),
        "gpu": gpu,
        "python": platform.python_version(),
        "torch": torch.__version__,
    }
