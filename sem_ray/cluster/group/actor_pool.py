"""The actors of a group: started in their bundles, replaced if they die, and waited for, but not
for ever."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import ray
from ray.exceptions import RayError
from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

from sem_ray.cluster.group.noise_shard import NoiseShard, WorkerAddress
from sem_ray.cluster.placement import ReservedBundles
from sem_ray.cluster.ray_watch import ray_is_lost
from sem_ray.errors import WorkersLost

GRACE = 20.0
"""Seconds to wait for the replacement of an actor whose machine is at hand, before the others go on
without it."""
MOST_FAILED_STARTS = 8
"""Actors that may die as they start, one after the other, while no other is there."""
SLOWEST = 60.0
"""Most seconds between tries to start an actor that fails as it starts."""
PATIENCE = 300.0
"""Seconds to wait for all actors at first, and for the first one after all were lost."""


_REMOTE = ray.remote(NoiseShard)


@dataclass(frozen=True)
class PoolWorker:
    """A live actor. Two are equal only if the actor is the same."""

    slot: int
    actor: Any
    place: WorkerAddress


@dataclass
class _Slot:
    """A bundle of the placement group, and the actor that starts or works in it."""

    actor: Any = None
    coming: Any = None
    worker: PoolWorker | None = None
    awaited_until: float = 0.0
    """Until when the others wait for it."""
    start_from: float = 0.0
    """Not before then."""


class ActorPool:
    """One actor for each reserved bundle, as far as live machines allow."""

    def __init__(self, places: ReservedBundles) -> None:
        self._places = places
        self._slots = [_Slot() for _ in range(places.actors.count)]
        self._current: frozenset[PoolWorker] = frozenset()
        self._ever = False
        self._failed_starts = 0

    def current_workers(self) -> list[PoolWorker]:
        """The workers from now on: all at first; later those left and those that start soon.
        Raises `WorkersLost` if none starts."""
        self._start_missing()
        end = time.monotonic() + PATIENCE
        while not self._enough() and time.monotonic() < end:
            self._look(0.2)
        workers = [slot.worker for slot in self._slots if slot.worker is not None]
        if not workers:
            raise WorkersLost(f"no actor started within {PATIENCE:.0f} s; see Ray's logs")
        self._ever = True
        self._current = frozenset(workers)
        return workers

    def has_joining_workers(self) -> bool:
        """Whether an actor has started that is not among the current workers."""
        self._look(0.0)
        return any(slot.worker and slot.worker not in self._current for slot in self._slots)

    def replace(self, worker: PoolWorker, *, wait: bool) -> None:
        """End `worker`, which is dead or hangs, and free its bundle for a new actor. If `wait`, the
        next `current_workers` waits up to `GRACE` seconds for that actor."""
        if self._slots[worker.slot].worker == worker:
            _end(worker.actor)
            until = time.monotonic() + GRACE if wait else 0.0
            self._slots[worker.slot] = _Slot(awaited_until=until)

    def close(self) -> None:
        """End every actor, also those that are still starting."""
        for slot in self._slots:
            if slot.actor is not None:
                _end(slot.actor)
        self._slots = [_Slot() for _ in self._slots]

    def _start_missing(self) -> None:
        actors = self._places.actors
        for number, slot in enumerate(self._slots):
            if slot.actor is None and slot.start_from <= time.monotonic():
                place = PlacementGroupSchedulingStrategy(
                    self._places.group, placement_group_bundle_index=self._places.first + number
                )
                kind = _REMOTE.options(
                    scheduling_strategy=place,
                    num_cpus=actors.cpus,
                    num_gpus=actors.gpus,
                    max_restarts=0,
                )
                slot.actor = kind.remote(actors.cpus, actors.gpus)
                slot.coming = slot.actor.place.remote()

    def _look(self, patience: float) -> None:
        """Note which actors have started, waiting at most `patience` seconds for the next."""
        self._start_missing()
        coming = {slot.coming: slot for slot in self._slots if slot.coming is not None}
        if not coming:
            time.sleep(patience)
            return
        arrived, _ = ray.wait(list(coming), num_returns=1, timeout=patience)
        for reference in arrived:
            slot = coming[reference]
            slot.coming = None
            try:
                place = ray.get(reference)
            except RayError as error:
                self._note_failed_start(error)
                slot.actor = None
                slot.start_from = time.monotonic() + min(2.0**self._failed_starts, SLOWEST) - 2
                self._start_missing()
            else:
                self._failed_starts = 0
                slot.worker = PoolWorker(self._slots.index(slot), slot.actor, place)

    def _note_failed_start(self, error: RayError) -> None:
        """Count a failed start. Some actors may be killed as they start; if all are, raise
        `WorkersLost`."""
        self._failed_starts += 1
        none_left = not any(slot.worker for slot in self._slots)
        if none_left and self._failed_starts > MOST_FAILED_STARTS:
            reason = str(error).strip().splitlines()[-1]
            raise WorkersLost(f"actors die as they start ({self._failed_starts} did): {reason}")

    def _enough(self) -> bool:
        """Whether all actors have started, or all that can be expected soon."""
        missing = [slot for slot in self._slots if slot.worker is None]
        if not missing:
            return True
        if not self._ever or len(missing) == len(self._slots):
            return False
        return all(slot.awaited_until < time.monotonic() for slot in missing)


class NoAnswer(Exception):
    """No answer from a worker within the time it has."""


def outcomes(references: Sequence[Any], settle: float) -> Iterator[Any]:
    """What each call returned or raised, in order. A call that has not answered `settle` seconds
    after the first failure gives `NoAnswer`."""
    found: dict[Any, Any] = {}
    waiting = list(references)
    end: float | None = None
    while waiting and (end is None or time.monotonic() < end):
        left = None if end is None else max(end - time.monotonic(), 0)
        ray.wait(waiting, num_returns=1, timeout=left)
        # All that are there at once: one by one, a thousand workers take a second of the driver.
        done, waiting = ray.wait(waiting, num_returns=len(waiting), timeout=0)
        found.update(zip(done, _outcomes(done), strict=True))
        if end is None and any(isinstance(found[one], Exception) for one in done):
            end = time.monotonic() + settle
    for reference in references:
        yield found[reference] if reference in found else NoAnswer()


def _outcomes(done: Sequence[Any]) -> list[Any]:
    try:
        return list(ray.get(list(done)))
    except RayError:
        return [_outcome(one) for one in done]


def _outcome(reference: Any) -> Any:
    try:
        return ray.get(reference)
    except RayError as error:
        return error


def _end(actor: Any) -> None:
    if ray_is_lost():
        return
    with suppress(RayError):
        ray.kill(actor)
