"""Whole trials that are measured on their way: real experiments, and sweeps of fakes in Tune."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from optuna.trial import TrialState

from sem_ray.pipeline import Backend
from sem_ray.progress import ProgressSink
from sem_ray.records.names import PRUNED_TAG
from sem_ray.spec import ExperimentSpec
from sem_ray.store import Store
from sem_ray.studies import queries
from sem_ray.studies.definition.study_spec import StudySpec
from sem_ray.studies.events import SweepEvent, TrialEvent
from sem_ray.studies.journal import trial_attributes as attributes
from sem_ray.studies.journal.storage import load_study
from sem_ray.studies.run.sweep import run_sweep
from tests.studies.fakes import METRIC, Made, instant, study
from tests.studies.recording.tracked import runs
from tests.studies.run.in_process import InProcess

EARLY: dict[str, Any] = {"rungs": [0.25, 0.5], "reduction": 2, "startup": 2}


def early_study(**changes: Any) -> StudySpec:
    radii = {"search": {"noise.radius": {"choices": [8, 12, 16, 20]}}, "sampler": {"name": "grid"}}
    return study(**{"early_stopping": EARLY, **radii, **changes})


@dataclass(frozen=True)
class FakeRungs:
    """Rungs that take no time, and measure what the end does, but worse."""

    count: int = 2

    def begin(
        self,
        spec: ExperimentSpec,
        store: Store,  # noqa: ARG002
        *,
        backend: Backend,  # noqa: ARG002
        sink: ProgressSink,  # noqa: ARG002
    ) -> FakeRun:
        return FakeRun(spec)


@dataclass(frozen=True)
class FakeRun:
    spec: ExperimentSpec

    def measure(self, rung: int) -> Made:
        return Made("noise", {"test_accuracy_at_4": 20 + self.spec.noise.radius - rung})

    def abandon(self) -> None:
        pass


@pytest.mark.usefixtures("one_ray")
def test_tunes_trials_are_stopped_at_rungs_and_end_in_order(store: Store) -> None:
    events: list[SweepEvent] = []
    result = run_sweep(
        early_study(), store, experiment=instant, rungs=FakeRungs(), on_event=events.append
    )
    assert result.ok and result.complete == 4
    states = [trial.state for trial in load_study(store, "tiny").study.trials]
    # A larger radius is worse at rungs, and comes later.
    assert states == [TrialState.COMPLETE, *[TrialState.PRUNED] * 3]
    stopped = [event for event in events if isinstance(event, TrialEvent) and event.stopped_at == 0]
    assert [event.trial for event in stopped] == [1, 2, 3]
    assert queries.status(store, "tiny").stopped == 3 and queries.best(store, "tiny").trial == 0


def test_mlflow_says_at_which_rung_a_trial_was_stopped(store: Store) -> None:
    run_sweep(early_study(), store, experiment=instant, rungs=FakeRungs(), backend=InProcess())
    found = runs(store)
    assert {run.info.status for run in found.values()} == {"FINISHED"}
    assert [found[f"tiny/{n}"].data.tags.get(PRUNED_TAG) for n in range(2)] == [None, "0.25"]
    assert found["tiny/1"].data.metrics["rung 0.25/test_accuracy_at_4"] == 32


@pytest.mark.parametrize("stage", ["surrogate", "victim"])
def test_real_trials_give_the_same_with_rungs_as_without(
    store: Store, other_store: Store, stage: str
) -> None:
    """Four radii, of which the worst are stopped; the others end as if there were no rungs."""
    base: dict[str, Any] = {
        "surrogate": {"network": "tiny", "steps": 4},
        "victim": {"network": "tiny", "steps": 4},
    }
    goals = [{"metric": METRIC}, {"metric": "noise_psnr", "direction": "maximize"}]
    stopping = EARLY | {"stage": stage, "scheduler": "pareto-asha"}
    early = early_study(base=base, objectives=goals, early_stopping=stopping)
    plain = early.model_copy(update={"early_stopping": None})
    run_sweep(early, store, backend=InProcess())
    run_sweep(plain, other_store, backend=InProcess())
    ours, theirs = (load_study(place, "tiny").study.trials for place in (store, other_store))
    ended = [trial for trial in ours if trial.state == TrialState.COMPLETE]
    assert 1 <= len(ended) < 4
    for trial in ended:
        assert trial.values == theirs[trial.number].values
        noises = [one.user_attrs[attributes.NOISE] for one in (trial, theirs[trial.number])]
        assert noises[0] == noises[1]
        assert len(attributes.rungs_of(trial)) == 2
    assert not list((store.root / "checkpoints").glob("*.safetensors"))
