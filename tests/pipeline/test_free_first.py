"""What another process is making comes last, and holds nothing else up."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from sem_ray.pipeline import evaluate_noise
from sem_ray.pipeline.free_first import free_first
from sem_ray.spec.identity import CLEAN, victim_identity
from sem_ray.store import BeingMade, Store
from tests.pipeline.counting import DATA, TEST, TRAIN, Counting
from tests.samples import tiny_spec


def made(job: str, store: Store) -> str:
    with store.making("kind", job):
        return job


@contextmanager
def elsewhere(store: Store, kind: str, identity: str) -> Iterator[None]:
    with Store(store.root).making(kind, identity):
        yield


def test_all_others_are_made_before_one_gives_up(store: Store) -> None:
    order: list[str] = []

    def noted(job: str, store: Store) -> str:
        order.append(made(job, store))
        return job

    with elsewhere(store, "kind", "b"), pytest.raises(BeingMade, match="kind b is being made by"):
        free_first("abc", noted, store.without_waiting())
    assert order == ["a", "c"]
    assert free_first("abc", noted, store.without_waiting()) == ["a", "b", "c"]


def test_who_may_wait_does_so_at_the_end(store: Store) -> None:
    order: list[str] = []
    started, stop = threading.Event(), threading.Event()

    def other() -> None:
        with elsewhere(store, "kind", "a"):
            started.set()
            stop.wait(20)

    def noted(job: str, store: Store) -> str:
        order.append(made(job, store))
        if order == ["b", "c"]:
            stop.set()
        return job

    thread = threading.Thread(target=other)
    thread.start()
    assert started.wait(20)
    assert free_first("abc", noted, store) == ["a", "b", "c"]
    assert order == ["b", "c", "a"]
    thread.join()


def test_an_experiment_makes_its_other_victims_meanwhile(store: Store) -> None:
    spec, backend = tiny_spec(), Counting()
    taken = victim_identity(spec, TRAIN.fingerprint, TEST.fingerprint, CLEAN, 0)
    hasty = store.without_waiting()
    with elsewhere(store, "victim", taken), pytest.raises(BeingMade):
        evaluate_noise(spec, DATA, hasty, None, (0, 4), backend=backend)
    assert backend.victims == [4]
    rows = evaluate_noise(spec, DATA, hasty, None, (0, 4), backend=backend)
    assert backend.victims == [4, 0] and [row.radius for row in rows] == [0, 4]
