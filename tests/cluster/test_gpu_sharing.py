"""How many trials share a GPU, by what was measured of those before them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sem_ray.cluster.gpu_sharing import MARGIN, MOST, share
from sem_ray.cluster.placement import room
from sem_ray.device_use import PROCESS_MEMORY, DeviceUse

GB = 1_000_000_000


def use(peak: int | None, memory: int | None = 80 * GB) -> DeviceUse:
    return DeviceUse(cpus=1, gpus=1, memory=memory, peak=peak)


def test_until_something_was_measured_a_trial_has_a_gpu_of_its_own() -> None:
    assert share([]) == share([use(None, None)]) == 1


@pytest.mark.parametrize(
    ("peak", "together"), [(1 * GB, MOST), (12 * GB, 5), (30 * GB, 2), (35 * GB, 1), (79 * GB, 1)]
)
def test_as_many_as_the_memory_holds(peak: int, together: int) -> None:
    gpus = share([use(peak)])
    assert room([{"CPU": 1, "GPU": gpus}], [{"CPU": 64, "GPU": 1}]) == together


def test_the_largest_trial_on_the_smallest_gpu_counts() -> None:
    assert share([use(1 * GB), use(10 * GB, 24 * GB), use(2 * GB)]) == share(
        [use(10 * GB, 24 * GB)]
    )


def test_a_trial_that_did_not_fit_makes_shares_larger() -> None:
    shares = [share([use(12 * GB)], overflows) for overflows in range(4)]
    assert shares == [0.2, 0.5, 1.0, 1.0]


@given(
    st.lists(st.integers(0, 90 * GB), min_size=1, max_size=5),
    st.integers(4 * GB, 192 * GB),
    st.integers(0, 5),
)
def test_what_shares_a_gpu_fits_it(peaks: list[int], memory: int, overflows: int) -> None:
    gpus = share([use(peak, memory) for peak in peaks], overflows)
    assert 1 / MOST - 1e-4 < gpus <= 1
    together = int(1 / gpus + 1e-9)
    if together > 1:
        assert together * (MARGIN * max(peaks) + PROCESS_MEMORY) <= memory
