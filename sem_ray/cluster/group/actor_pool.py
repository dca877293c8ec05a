"""The actors of a group: hired into their bundles, replaced where they died, waited for with
measure."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import ray
from ray.exceptions import RayError
from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

from sem_ray.cluster.group.noise_shard import NoiseShard, Place
from sem_ray.cluster.placement import Places
from sem_ray.errors import WorkFailed

GRACE = 20.0
"""Seconds to wait for the replacement of an actor whose machine is at hand, before the others go on
without it."""
MOST_STILLBORN = 8
"""Actors that may die as they start, one after the other, while nobody else is there."""
SLOWEST = 60.0
"""Most seconds between tries to start an actor where starting fails."""
PATIENCE = 300.0
"""Seconds to wait for all actors at first, and for any where all were lost."""


_REMOTE = ray.remote(NoiseShard)


@dataclass(frozen=True)
class Member:
    """A live actor. Two members are the same only where the actor is."""

    slot: int
    actor: Any
    place: Place


@dataclass
class _Slot:
    """A bundle, and the actor on its way or at work there."""

    actor: Any = None
    coming: Any = None
    member: Member | None = None
    awaited_until: float = 0.0
    """Until when the others wait for it."""
    hire_from: float = 0.0
    """Not before then."""


class Staff:
    """One actor for each of the places, as far as machines allow."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._slots = [_Slot() for _ in range(places.actors.count)]
        self._gathered: frozenset[Member] = frozenset()
        self._ever = False
        self._stillborn = 0

    def gathered(self) -> list[Member]:
        """Those who work from now on: all, at the first time; later whoever is left and whoever
        comes soon. Raises `WorkFailed` where nobody comes."""
        self._hire()
        end = time.monotonic() + PATIENCE
        while not self._enough() and time.monotonic() < end:
            self._look(0.2)
        members = [slot.member for slot in self._slots if slot.member is not None]
        if not members:
            raise WorkFailed(f"no actor started within {PATIENCE:.0f} s; see Ray's logs")
        self._ever = True
        self._gathered = frozenset(members)
        return members

    def newcomers(self) -> bool:
        """Whether someone is ready who did not work so far."""
        self._look(0.0)
        return any(slot.member and slot.member not in self._gathered for slot in self._slots)

    def dismiss(self, member: Member, *, wait: bool) -> None:
        """It is dead, or will be now; another is hired for its place, for whom the others wait a
        moment where `wait`."""
        if self._slots[member.slot].member == member:
            _end(member.actor)
            until = time.monotonic() + GRACE if wait else 0.0
            self._slots[member.slot] = _Slot(awaited_until=until)

    def close(self) -> None:
        """End every actor, those on their way too."""
        for slot in self._slots:
            if slot.actor is not None:
                _end(slot.actor)
        self._slots = [_Slot() for _ in self._slots]

    def _hire(self) -> None:
        actors = self._places.actors
        for number, slot in enumerate(self._slots):
            if slot.actor is None and slot.hire_from <= time.monotonic():
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
        """Note who arrived, waiting for one of them at most so long."""
        self._hire()
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
                self._note_stillborn(error)
                slot.actor = None
                slot.hire_from = time.monotonic() + min(2.0**self._stillborn, SLOWEST) - 2
                self._hire()
            else:
                self._stillborn = 0
                slot.member = Member(self._slots.index(slot), slot.actor, place)

    def _note_stillborn(self, error: RayError) -> None:
        """Some may be killed as they start; where all are, something else is wrong."""
        self._stillborn += 1
        nobody = not any(slot.member for slot in self._slots)
        if nobody and self._stillborn > MOST_STILLBORN:
            reason = str(error).strip().splitlines()[-1]
            raise WorkFailed(f"actors die as they start ({self._stillborn} did): {reason}")

    def _enough(self) -> bool:
        """All, or all that can be expected soon."""
        missing = [slot for slot in self._slots if slot.member is None]
        if not missing:
            return True
        if not self._ever or len(missing) == len(self._slots):
            return False
        return all(slot.awaited_until < time.monotonic() for slot in missing)


class Silent(Exception):
    """A member that says nothing."""


def outcomes(references: Sequence[Any], settle: float) -> Iterator[Any]:
    """What each call gave or raised; `Silent` for those that say nothing `settle` seconds after
    the first failure."""
    found: dict[Any, Any] = {}
    waiting = list(references)
    end: float | None = None
    while waiting and (end is None or time.monotonic() < end):
        left = None if end is None else max(end - time.monotonic(), 0)
        ray.wait(waiting, num_returns=1, timeout=left)
        # All that are there at once: one by one, a thousand members take a second of the driver.
        done, waiting = ray.wait(waiting, num_returns=len(waiting), timeout=0)
        found.update(zip(done, _outcomes(done), strict=True))
        if end is None and any(isinstance(found[one], Exception) for one in done):
            end = time.monotonic() + settle
    for reference in references:
        yield found[reference] if reference in found else Silent()


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
    with suppress(RayError):
        ray.kill(actor)
