"""A run on actors gives what one device gives, however many they are and whatever they lose."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from sem_ray.checkpoint import Checkpoint
from sem_ray.cluster import OnActors, ray_session, reserved
from sem_ray.cluster.ray_session import ADDRESS_VARIABLE
from sem_ray.data import protected
from sem_ray.errors import BadInput, WorkFailed
from sem_ray.methods.generation import generate
from sem_ray.progress import Progress
from sem_ray.spec import ExperimentSpec
from sem_ray.spec.resources import ActorSpec
from sem_ray.victims import train_victim
from tests.cluster.watching import members, stray
from tests.samples import in_a_file, made_noise, random_images, tiny_spec

CPU = torch.device("cpu")
IMAGES = random_images(23)


def spec(steps: int = 12, **changes: object) -> ExperimentSpec:
    return tiny_spec(shards=4, surrogate={"steps": steps, "batch": 10}, **changes)


def actors(count: int, cpus: float = 0.5) -> ActorSpec:
    return ActorSpec(count=count, cpus=cpus)


@pytest.fixture(scope="module")
def ray_here() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(ADDRESS_VARIABLE, raising=False)
        with ray_session(memory=200_000_000):
            yield


@pytest.mark.parametrize("count", [1, 2, pytest.param(4, marks=pytest.mark.long)])
def test_actors_make_the_same_noise_and_victims_as_one_device(ray_here: None, count: int) -> None:
    wanted = spec()
    test = random_images(31, seed=1)
    with reserved(actors(count)) as places:
        backend = OnActors(places)
        noise = backend.generate(wanted, IMAGES).noise
        victim = backend.train_victim(wanted, 4, IMAGES, test)
        backend.close()
    assert torch.equal(noise, generate(wanted, IMAGES, device=CPU).noise)
    assert victim.curve == train_victim(wanted, 4, IMAGES, test, device=CPU).curve
    assert stray() == []


def test_members_read_images_that_are_in_a_file_themselves(ray_here: None, tmp_path: Path) -> None:
    wanted, mapped, test = spec(), in_a_file(IMAGES, tmp_path), random_images(31, seed=1)
    resident = generate(wanted, IMAGES, device=CPU).noise
    with reserved(actors(2)) as places:
        backend = OnActors(places)
        noise = backend.generate(wanted, mapped).noise
        shielded = protected(mapped, made_noise(IMAGES, resident))
        victim = backend.train_victim(wanted, 4, shielded, test)
        mapped.images.places.file.unlink()  # type: ignore[union-attr]
        with pytest.raises(
            BadInput, match=r"images.arrow, which .* is gone; .* a disk that all of"
        ):
            backend.generate(wanted, mapped)
        backend.close()
    assert torch.equal(noise, resident)
    same = protected(IMAGES, made_noise(IMAGES, resident))
    assert victim.curve == train_victim(wanted, 4, same, test, device=CPU).curve


def test_what_never_fits_is_refused_with_the_numbers(ray_here: None) -> None:
    numbers = r"a run wants 64 actors of 4 CPUs and 0 GPUs each, and there is room for \d+ CPUs"
    with pytest.raises(BadInput, match=numbers), reserved(actors(64, cpus=4)):
        pass


def test_more_actors_than_shards_are_refused(ray_here: None) -> None:
    with reserved(actors(4, cpus=0.1)) as places:
        backend = OnActors(places)
        with pytest.raises(BadInput, match="4 actors cannot share 2 shards"):
            backend.generate(tiny_spec(shards=2), IMAGES)
        backend.close()


def test_a_failure_of_the_work_is_told_and_not_tried_again(ray_here: None) -> None:
    wanted = spec().model_copy(
        update={"surrogate": spec().surrogate.model_copy(update={"learning_rate": 1e200})}
    )
    with reserved(actors(2)) as places:
        backend = OnActors(places)
        with pytest.raises(WorkFailed, match=r"diverged; lower surrogate\.learning_rate"):
            backend.generate(wanted, IMAGES)
        backend.close()


class Killer:
    """A sink that does something once, when the run has come so far."""

    def __init__(self, at: int, act: Callable[[Progress], None]) -> None:
        self._at, self._act, self._done = at, act, False
        self.restarts = 0

    def __call__(self, progress: Progress) -> None:
        self.restarts = progress.restarts
        if not self._done and progress.stage == "noise" and progress.done >= self._at:
            self._done = True
            self._act(progress)


def kill_a_member() -> None:
    """-9 to one actor's process."""
    os.kill(members(os.getpid())[-1], signal.SIGKILL)


def test_a_killed_actor_changes_nothing_but_the_time(ray_here: None, tmp_path: Path) -> None:
    wanted = spec(steps=60)
    killer = Killer(5, lambda _: kill_a_member())
    checkpoint = Checkpoint(tmp_path / "c", every=0.2)
    with reserved(actors(2)) as places:
        backend = OnActors(places)
        made = backend.generate(wanted, IMAGES, sink=killer, checkpoint=checkpoint)
        backend.close()
    assert killer.restarts == 1
    assert torch.equal(made.noise, generate(wanted, IMAGES, device=CPU).noise)
    assert stray() == [] and members(os.getpid()) == []
