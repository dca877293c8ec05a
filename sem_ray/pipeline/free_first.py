"""Several stages in an order that waits least: those that another process is making come last."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from sem_ray.store import BeingMade, Store

Job = TypeVar("Job")
Made = TypeVar("Made")


def free_first(jobs: Sequence[Job], make: Callable[[Job, Store], Made], store: Store) -> list[Made]:
    """What `make` gives for each of `jobs`, in their order. Raises `BeingMade`, once all others are
    made, if the store's user does not wait and another process still makes one."""
    made: dict[int, Made] = {}
    for number, job in enumerate(jobs):
        try:
            made[number] = make(job, store.without_waiting())
        except BeingMade:
            continue
    for number, job in enumerate(jobs):
        if number not in made:
            made[number] = make(job, store)
    return [made[number] for number in range(len(jobs))]
