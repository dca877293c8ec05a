"""What a trial says that it occupied, measured by a device that is none."""

from __future__ import annotations

import torch

from sem_ray.device_use import DeviceUse
from sem_ray.spec.resources import TrialResources
from sem_ray.studies.run.tune.device_watch import DeviceWatch

CUDA = torch.device("cuda")


class Meter:
    """A GPU of 1,000 bytes, 300 of which are taken."""

    memory: int | None = 1000

    def __init__(self) -> None:
        self.shares: list[float | None] = []

    def of(self, device: torch.device) -> Meter:  # noqa: ARG002
        return self

    def begin(self, share: float | None) -> None:
        self.shares.append(share)

    def peak(self) -> int | None:
        return 300


def test_nothing_is_known_of_a_trial_that_got_no_device() -> None:
    assert DeviceWatch(TrialResources()).use() is None


def test_memory_is_measured_and_a_share_is_held() -> None:
    for resources, held, expected in (
        (TrialResources(gpus=0.25), True, 0.25),
        (TrialResources(gpus=0.25), False, None),
        (TrialResources(gpus=1), True, None),
    ):
        meter = Meter()
        watch = DeviceWatch(resources, held=held, meter=meter.of)
        watch.begin(CUDA)
        assert meter.shares == [expected]
        assert watch.use() == DeviceUse(cpus=1, gpus=resources.gpus, memory=1000, peak=300)


def test_actors_count_and_their_memory_is_theirs() -> None:
    resources = TrialResources.model_validate(
        {"cpus": 0.5, "actors": {"count": 3, "cpus": 2, "gpus": 1}}
    )
    watch = DeviceWatch(resources, held=True)
    watch.begin(CUDA)
    assert watch.use() == DeviceUse(cpus=6.5, gpus=3)
