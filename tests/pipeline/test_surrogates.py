"""Noises from one trained surrogate: the same bits as from one of their own, and one training."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from sem_ray.checkpoint import Checkpoint
from sem_ray.data import read_noise
from sem_ray.methods.alternating.engine import Engine
from sem_ray.methods.generation import generate
from sem_ray.methods.tap import Targeted
from sem_ray.pipeline import noise_for
from sem_ray.pipeline.rung_noise import rung_noise_for
from sem_ray.pipeline.surrogates import KIND, STATE
from sem_ray.spec import ExperimentSpec
from sem_ray.store import Store
from tests.pipeline.counting import TRAIN, Counting
from tests.samples import tiny_spec

VARIANTS: dict[str, list[dict[str, Any]]] = {
    "sem": [{"final_steps": 2}, {"final_steps": None}, {"final_steps": 5}],
    "rem": [{"final_steps": 2}, {"final_steps": 5}],
    "sem parity": [
        {"method": "sem", "parity": True, "final_steps": 2},
        {"method": "sem", "parity": True, "final_steps": 5},
    ],
    "tap": [
        {"radius": 4, "tap": {"epochs": 2, "steps": 2, "restarts": 1}},
        {"radius": 8, "tap": {"epochs": 2, "steps": 3, "restarts": 2}},
    ],
}


def specs(name: str) -> list[ExperimentSpec]:
    return [tiny_spec(noise={"method": name.partition(" ")[0], **one}) for one in VARIANTS[name]]


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> Counter[int]:
    """How often each step of a surrogate's training was done."""
    done: Counter[int] = Counter()
    engine_step, tap_step = Engine.step, Targeted._train

    def of_engine(self: Engine, step: int) -> Any:
        done[step] += 1
        return engine_step(self, step)

    def of_tap(self: Targeted, step: int) -> Any:
        done[step] += 1
        return tap_step(self, step)

    monkeypatch.setattr(Engine, "step", of_engine)
    monkeypatch.setattr(Targeted, "_train", of_tap)
    return done


def surrogates(store: Store) -> list[Path]:
    return sorted((store.root / KIND).glob("*"))


@pytest.mark.parametrize("name", VARIANTS)
def test_noises_of_one_surrogate_are_those_of_surrogates_of_their_own(
    store: Store, name: str, trained: Counter[int]
) -> None:
    backend = Counting()
    noises = [noise_for(spec, TRAIN, store, backend=backend) for spec in specs(name)]
    assert set(trained.values()) == {1} and len(surrogates(store)) == 1
    digests = [read_noise(noise.folder).digest for noise in noises]
    assert len(set(digests)) == len(digests) == backend.generations
    for spec, noise in zip(specs(name), noises, strict=True):
        alone = generate(spec, TRAIN, device=backend.device)
        assert (read_noise(noise.folder).values == alone.noise).all()


def test_each_noise_says_the_seconds_of_the_whole_of_its_making(store: Store) -> None:
    first, second, _ = (noise_for(s, TRAIN, store, backend=Counting()) for s in specs("sem"))
    training = Checkpoint(surrogates(store)[0] / STATE).load()
    assert training is not None
    for noise in (first, second):
        assert read_noise(noise.folder).manifest.seconds > training[1]["seconds"] > 0


def test_a_method_that_shares_nothing_keeps_no_surrogate(store: Store) -> None:
    spec = tiny_spec(noise={"method": "em", "em": {"loops": 1}})
    noise_for(spec, TRAIN, store, backend=Counting())
    assert surrogates(store) == []


def test_a_damaged_surrogate_is_trained_again(store: Store, trained: Counter[int]) -> None:
    first, second, _ = specs("sem")
    noise_for(first, TRAIN, store, backend=Counting())
    (surrogates(store)[0] / STATE).write_bytes(b"torn")
    noise_for(second, TRAIN, store, backend=Counting())
    assert set(trained.values()) == {2} and len(surrogates(store)) == 2, "one of them put aside"


def test_who_goes_on_with_the_training_that_another_left_does_no_step_again(
    store: Store, trained: Counter[int]
) -> None:
    first, second, _ = specs("sem")
    rung_noise_for(first, TRAIN, store, 2, backend=Counting())
    assert trained == {0: 1, 1: 1}
    noise_for(second, TRAIN, store, backend=Counting())
    assert trained == dict.fromkeys(range(4), 1)
    assert list((store.root / "checkpoints").iterdir()) == []


def test_noise_that_was_begun_before_surrogates_were_shared_goes_on_as_it_was(
    store: Store, trained: Counter[int]
) -> None:
    spec = specs("sem")[0]
    whole = noise_for(spec, TRAIN, store, backend=Counting())
    state = Checkpoint(surrogates(store)[0] / STATE).load()
    assert state is not None
    older = Store(store.root.with_name("older"))
    name = f"noise-{whole.folder.name}.safetensors"
    Checkpoint(older.root / "checkpoints" / name).save(*state)
    made = noise_for(spec, TRAIN, older, backend=Counting())
    assert set(trained.values()) == {1} and surrogates(older) == []
    assert read_noise(made.folder).digest == read_noise(whole.folder).digest
