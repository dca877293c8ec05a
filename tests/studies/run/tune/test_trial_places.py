"""Which devices trials get one after the other, and when there is room for one more."""

from __future__ import annotations

from sem_ray.cluster.device_choice import DeviceWish
from sem_ray.cluster.gpu_kinds import Nodes
from sem_ray.device_use import DeviceUse
from sem_ray.spec.resources import WantedResources
from sem_ray.studies.journal.trial_report import Failed, Finished
from sem_ray.studies.run.tune.trial_places import TrialPlaces

GB = 1_000_000_000
BOX: Nodes = [{"CPU": 64, "GPU": 1}]


def places(nodes: Nodes = BOX, gpus: str | float = "auto") -> TrialPlaces:
    wanted = WantedResources.model_validate({"gpus": gpus})
    return TrialPlaces(DeviceWish(wanted).on(nodes), nodes)


def finished(peak: int | None, memory: int | None = 80 * GB) -> Finished:
    device = DeviceUse(cpus=1, gpus=1, memory=memory, peak=peak)
    return Finished(measurements=(), noise_identity="n", seconds=1, device=device)


def full() -> Failed:
    return Failed(error="CUDA out of memory", reason="out_of_memory")


def started(given: TrialPlaces, first: int) -> list[float]:
    """Shares of the trials that start now, numbered from `first` on, until there is no room."""
    found: list[float] = []
    while given.have_room:
        found.append(given.take(first + len(found)).gpus)
    return found


def test_the_first_trial_has_the_gpu_and_those_that_follow_share_it() -> None:
    given = places()
    assert started(given, 0) == [1]
    given.free(0, finished(12 * GB))
    assert started(given, 1) == [0.2] * 5
    given.free(3, finished(30 * GB))
    assert started(given, 6) == [], "the share is half a GPU now, and a fifth is free"
    given.free(1, finished(12 * GB))
    given.free(2, finished(12 * GB))
    assert started(given, 6) == [0.5]


def test_every_gpu_is_taken_whole_until_one_trial_was_measured() -> None:
    given = places([{"CPU": 64, "GPU": 3}])
    assert started(given, 0) == [1, 1, 1]
    given.free(1, finished(30 * GB))
    assert started(given, 3) == [0.5, 0.5], "only the free GPU is shared so far"


def test_trials_that_do_not_fit_their_share_make_it_larger_once() -> None:
    given = places()
    started(given, 0)
    given.free(0, finished(12 * GB))
    assert len(started(given, 1)) == 5
    for trial in range(1, 6):
        given.free(trial, full())
    assert started(given, 6) == [0.5, 0.5]


def test_a_trial_that_does_not_fit_a_whole_gpu_changes_nothing() -> None:
    given = places()
    started(given, 0)
    given.free(0, full())
    assert started(given, 1) == [1]
    given.free(1, finished(12 * GB))
    assert len(started(given, 2)) == 5


def test_cores_limit_what_shares_a_gpu() -> None:
    given = places([{"CPU": 2, "GPU": 1}])
    started(given, 0)
    given.free(0, finished(1 * GB))
    assert len(started(given, 1)) == 2


def test_devices_whose_memory_was_not_measured_stay_whole() -> None:
    given = places()
    started(given, 0)
    given.free(0, finished(None, None))
    assert started(given, 1) == [1]


def test_fixed_resources_stay_as_they_are() -> None:
    given = places(gpus=0.5)
    assert started(given, 0) == [0.5, 0.5]
    given.free(0, finished(1 * GB))
    assert started(given, 2) == [0.5]
