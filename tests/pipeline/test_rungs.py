"""An experiment looked at on its way: what a rung measures, and that nothing else notices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from sem_ray.data import read_noise
from sem_ray.methods import noise_identity
from sem_ray.methods.alternating.engine import Engine
from sem_ray.pipeline import run_experiment
from sem_ray.pipeline.experiment import Outcome
from sem_ray.pipeline.rungs import RungExperiment
from sem_ray.progress import ProgressSink, silent
from sem_ray.spec import ExperimentSpec
from sem_ray.store import Store
from sem_ray.victims import VictimSteps
from tests.pipeline.counting import Counting
from tests.samples import tiny_spec

DIGITS = {"source": "digits", "limit": 20, "test_limit": 10}
RADII = (4.0,)


def spec_of(**changes: Any) -> ExperimentSpec:
    tree: dict[str, Any] = {
        "surrogate": {"steps": 6, "schedule": "cosine"},
        "victim": {"steps": 6, "evaluations": 3, "radii": [0, 4]},
        "data": DIGITS,
    }
    return tiny_spec(**(tree | changes))


def begun(spec: ExperimentSpec, store: Store, sink: ProgressSink = silent) -> RungExperiment:
    return RungExperiment.begin(spec, store, RADII, backend=Counting(), sink=sink)


def ended(spec: ExperimentSpec, store: Store) -> Outcome:
    return run_experiment(spec, store, backend=Counting())


def bits(made: Outcome) -> tuple[Any, ...]:
    """All that an experiment gave, but for times."""
    curves = [
        None if victim is None else (victim.radius, victim.curve, victim.train_loss)
        for row in made.accuracies
        for victim in (row.clean, row.protected)
    ]
    return read_noise(made.noise_folder).digest, made.noise_identity, curves


@dataclass
class Steps:
    """Training steps that were done, by number."""

    surrogate: Counter[int] = field(default_factory=Counter)
    victim: Counter[int] = field(default_factory=Counter)


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Steps]:
    steps = Steps()
    engine_step, victim_step = Engine.step, VictimSteps.step

    def of_engine(self: Engine, step: int) -> Any:
        steps.surrogate[step] += 1
        return engine_step(self, step)

    def of_victim(self: VictimSteps, step: int) -> Any:
        steps.victim[step] += 1
        return victim_step(self, step)

    with monkeypatch.context() as patch:
        patch.setattr(Engine, "step", of_engine)
        patch.setattr(VictimSteps, "step", of_victim)
        yield steps


@pytest.mark.parametrize("method", ["sem", "rem"])
@pytest.mark.parametrize("parity", [{}, {"drop_last": True}])
def test_an_experiment_that_goes_on_from_rungs_of_its_surrogate_gives_the_same_bits(
    store: Store, other_store: Store, method: str, parity: dict[str, bool]
) -> None:
    spec = spec_of(noise={"method": method, "parity": parity})
    rungs = begun(spec, store)
    for step in (2, 4):
        rungs.at_surrogate_step(step, victim_steps=2)
    assert bits(ended(spec, store)) == bits(ended(spec, other_store))


def test_an_experiment_that_goes_on_from_rungs_of_its_victims_gives_the_same_bits(
    store: Store, other_store: Store
) -> None:
    spec = spec_of()
    rungs = begun(spec, store)
    for step in (1, 4, 6):
        rungs.at_victim_step(step)
    assert bits(ended(spec, store)) == bits(ended(spec, other_store))


def test_no_step_of_the_surrogate_is_done_twice(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = spec_of(victim={"steps": 3, "radii": [4]})
    with counted(monkeypatch) as steps:
        rungs = begun(spec, store)
        for step in (2, 4):
            rungs.at_surrogate_step(step, victim_steps=1)
            assert sum(steps.surrogate.values()) == step
        ended(spec, store)
    assert steps.surrogate == Counter(range(6))
    # Two short victims of one step, then one on clean and one on protected images.
    assert steps.victim == Counter([0, 0, *range(3), *range(3)])


def test_no_step_of_a_victim_is_done_twice(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = spec_of(victim={"radii": [4], "steps": 6})
    with counted(monkeypatch) as steps:
        rungs = begun(spec, store)
        for step in (2, 5):
            rungs.at_victim_step(step)
            assert sum(steps.victim.values()) == step
        ended(spec, store)
    assert steps.victim == Counter([*range(6), *range(6)])


def test_a_rung_measures_what_the_run_is_at_its_step(store: Store) -> None:
    """The learning rate is that of the whole run: a run with as many steps would be another."""
    spec = spec_of()
    rungs = begun(spec, store)
    at_two = rungs.at_victim_step(2).accuracies[0].protected
    whole = ended(spec, store).accuracies[1].protected
    assert at_two is not None and whole is not None
    assert at_two.curve == whole.curve[:1] and whole.curve[0][0] == 2


def test_noise_at_a_rung_is_not_that_of_a_shorter_run(store: Store, other_store: Store) -> None:
    at_four = begun(spec_of(), store).at_surrogate_step(4, victim_steps=1)
    shorter = ended(spec_of(surrogate={"steps": 4, "schedule": "cosine"}), other_store)
    assert read_noise(at_four.noise_folder).digest != read_noise(shorter.noise_folder).digest


def test_rungs_are_found_again_and_give_the_same(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = spec_of()
    first = begun(spec, store).at_surrogate_step(2, 1), begun(spec, store).at_victim_step(2)
    with counted(monkeypatch) as steps:
        again = begun(spec, store).at_surrogate_step(2, 1), begun(spec, store).at_victim_step(2)
    assert again == first
    assert steps == Steps()


def test_a_rung_asked_for_after_the_end_gives_what_it_would_have_given(
    store: Store, other_store: Store
) -> None:
    spec = spec_of()
    on_the_way, too_late = begun(spec, store), begun(spec, other_store)
    ended(spec, other_store)
    surrogate = [rungs.at_surrogate_step(2, 2) for rungs in (on_the_way, too_late)]
    victim = [rungs.at_victim_step(2) for rungs in (on_the_way, too_late)]
    for early, late in (surrogate, victim):
        assert bits(early) == bits(late)
    assert not list((other_store.root / "checkpoints").glob("*.safetensors"))


def test_names_of_progress_tell_a_rungs_own_victims_from_the_experiments(store: Store) -> None:
    seen: list[str] = []
    rungs = begun(spec_of(), store, sink=lambda progress: seen.append(progress.stage))
    rungs.at_surrogate_step(2, 1)
    assert {stage for stage in seen if stage.startswith("victim")} == {
        "victim ρ=4 protected at a rung"
    }


def test_noise_of_a_rung_is_no_noise_of_the_experiment(store: Store) -> None:
    spec = spec_of()
    made = begun(spec, store).at_surrogate_step(2, 1)
    fingerprint = read_noise(made.noise_folder).manifest.fingerprint
    assert made.noise_identity != noise_identity(spec, fingerprint)
    assert not (store.root / "noise").exists()


def test_noises_that_share_a_surrogate_share_its_rungs(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = (spec_of(noise={"final_steps": steps}) for steps in (2, 5))
    with counted(monkeypatch) as steps:
        for spec in (one, other):
            rungs = begun(spec, store)
            rungs.at_surrogate_step(2, 1)
            rungs.at_surrogate_step(4, 1)
            ended(spec, store)
    assert steps.surrogate == Counter(range(6))
