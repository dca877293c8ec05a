"""The kind of a machine is a name that equal machines share."""

from __future__ import annotations

import torch

from sem_ray.machine import machine_kind, processor


def test_a_cpu_is_known_by_its_processor() -> None:
    assert machine_kind(torch.device("cpu")) == processor() and len(processor()) > 3
