"""What work occupied, and what it cost."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sem_ray.device_use import PROCESS_MEMORY, DeviceUse, meter_of, tensor_share


def test_a_trial_costs_gpu_hours_or_if_it_had_no_gpu_core_hours() -> None:
    assert DeviceUse(cpus=8, gpus=0.5).device_hours(7200) == 1
    assert DeviceUse(cpus=2).device_hours(1800) == 1


def test_memory_of_the_host_is_not_measured() -> None:
    meter = meter_of(torch.device("cpu"))
    meter.begin(0.5)
    assert meter.memory is None and meter.peak() is None


@given(st.floats(0.01, 1), st.integers(1_000_000_000, 200_000_000_000))
def test_tensors_get_less_than_their_process(share: float, memory: int) -> None:
    assert 0 < tensor_share(share, memory) < share
    assert tensor_share(1.0, 100 * PROCESS_MEMORY) == pytest.approx(0.99)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_peak_memory_of_a_gpu_is_what_tensors_took() -> None:
    meter = meter_of(torch.device("cuda"))
    meter.begin(None)
    held = torch.empty(64_000_000, dtype=torch.uint8, device="cuda")
    del held
    peak = meter.peak()
    assert peak is not None and meter.memory is not None and 64_000_000 <= peak < meter.memory
