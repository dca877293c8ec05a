"""A whole ablation in this process: from its file to its journal, and from there to its answer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sem_ray.errors import BadInput, WorkFailed
from sem_ray.pipeline import Backend
from sem_ray.progress import ProgressSink, silent
from sem_ray.spec import ExperimentSpec
from sem_ray.store import Store
from sem_ray.studies.ablation_results import ablation
from sem_ray.studies.definition.study_spec import StudySpec
from sem_ray.studies.queries import best, status
from sem_ray.studies.run import trial
from sem_ray.studies.run.sweep import SweepResult, run_sweep
from tests.studies import fakes
from tests.studies.fakes import METRIC, Made
from tests.studies.run.in_process import InProcess

SEARCH = {"noise.steps": {"choices": [5, 1]}, "noise.radius": {"choices": [16, 8]}}


def study(**changes: Any) -> StudySpec:
    usual = {"design": "ablation", "search": SEARCH, "seeds": [3, 4, 5, 6, 7]}
    return fakes.study(**{**usual, **changes})


def noisy(
    spec: ExperimentSpec, store: Store, *, backend: Backend, sink: ProgressSink = silent
) -> Made:
    """A radius of 8 costs 20 points; seeds move all by 5, runs by 1."""
    settings = (spec.seed, int(spec.noise.radius), spec.noise.alternating.steps)
    own = float(np.random.default_rng(settings).normal())
    common = 5 * float(np.random.default_rng(spec.seed).normal())
    value = 40 + 20 * (spec.noise.radius == 8) + common + own
    return Made(f"noise-{settings}", {METRIC: value})


def swept(store: Store, spec: StudySpec, **options: Any) -> SweepResult:
    return run_sweep(spec, store, **{"experiment": noisy, "backend": InProcess(), **options})


def test_a_file_becomes_runs_in_blocks_of_seeds_and_an_answer(store: Store) -> None:
    result = swept(store, study())
    assert result.ok and result.complete == 15
    rows = status(store, "tiny").rows
    assert [row.seed for row in rows] == [3] * 3 + [4] * 3 + [5] * 3 + [6] * 3 + [7] * 3
    found = ablation(store, "tiny")
    assert (found.configurations, found.finished, found.planned) == (3, 15, 15)
    assert found.baseline == {"noise.steps": 5, "noise.radius": 16} and found.notes == ()
    radius, steps = found.metrics[0].effects
    assert steps.verdict == "cannot be told apart" and radius.verdict == "worse"
    assert radius.paired is not None and radius.paired.value == pytest.approx(20, abs=2)
    assert len(found.machines) == 1 and sum(found.machines.values()) == 15
    assert best(store, "tiny").metrics


def test_a_sweep_that_was_cut_short_goes_on_and_more_seeds_may_be_asked_for(store: Store) -> None:
    with pytest.raises(KeyboardInterrupt):
        swept(store, study(seeds=[3, 4]), experiment=_interrupted_at(4))
    assert ablation(store, "tiny").notes[0].startswith("4 of 6 runs are finished")
    assert swept(store, study(seeds=[3, 4])).complete == 6
    assert swept(store, study(seeds=[3, 4, 5])).complete == 9
    seeds = [row.seed for row in status(store, "tiny").rows if row.state == "complete"]
    assert seeds == [3] * 3 + [4] * 3 + [5] * 3


def test_a_design_that_holds_the_old_one_goes_on_from_it(store: Store) -> None:
    swept(store, study(seeds=[3, 4]))
    assert swept(store, study(seeds=[3, 4], ablation={"kind": "factorial"})).complete == 8
    found = ablation(store, "tiny")
    assert (found.kind, found.configurations) == ("factorial", 4)
    assert [e.kind for e in found.metrics[0].effects] == ["main effect"] * 2 + ["interaction"]


def test_a_design_that_lacks_what_has_run_is_refused(store: Store) -> None:
    swept(store, study(seeds=[3, 4]))
    with pytest.raises(BadInput, match=r"exists in .*another name"):
        swept(store, study(seeds=[3, 4], ablation={"baseline": {"noise.radius": 8}}))


def test_a_fraction_is_read_back_as_it_was_run(store: Store) -> None:
    search = {**SEARCH, "noise.perturbation_scale": {"low": 0.0, "high": 1.0, "step": 1.0}}
    fraction = {"kind": "fractional", "resolution": 3, "baseline": {"noise.perturbation_scale": 1}}
    assert swept(store, study(search=search, ablation=fraction, seeds=[3, 4])).complete == 8
    found = ablation(store, "tiny")
    assert (found.configurations, found.finished) == (4, 8)
    assert [effect.seeds for effect in found.metrics[0].effects] == [(3, 4)] * 3
    assert found.metrics[0].effects[0].aliases == (("noise.radius", "noise.steps"),)


def test_a_run_that_failed_is_run_again(store: Store) -> None:
    failed: list[int] = []

    def unlucky(
        spec: ExperimentSpec, store: Store, *, backend: Backend, sink: ProgressSink = silent
    ) -> Made:
        if spec.noise.radius == 8 and not failed:
            failed.append(spec.seed)
            raise WorkFailed("out of luck")
        return noisy(spec, store, backend=backend, sink=sink)

    result = swept(store, study(seeds=[3, 4]), experiment=unlucky)
    assert result.complete == 6 and len(result.failed) == 1
    assert ablation(store, "tiny").finished == 6


def test_other_measurements_and_their_directions(store: Store) -> None:
    swept(store, study(seeds=[3, 4]))
    found = ablation(store, "tiny", ["generation_seconds", "clean_accuracy_at_4"])
    assert [(m.metric, m.unit, m.direction) for m in found.metrics] == [
        ("generation_seconds", "s", "minimize"),
        ("clean_accuracy_at_4", "%", "maximize"),
    ]
    with pytest.raises(BadInput, match=r"'test_accuracy_at_5'.*did you mean test_accuracy_at_4"):
        ablation(store, "tiny", ["test_accuracy_at_5"])


def test_runs_on_another_kind_of_machine_are_not_paired(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first change runs elsewhere with the second seed."""
    machines = iter(["one"] * 4 + ["another processor"] + ["one"] * 4)
    monkeypatch.setattr(trial, "machine_kind", lambda _: next(machines))
    swept(store, study(seeds=[3, 4, 5]))
    found = ablation(store, "tiny")
    assert [effect.seeds for effect in found.metrics[0].effects] == [(3, 5), (3, 4, 5)]
    assert found.machines["another processor"] == 1
    assert found.notes[0].startswith("runs are compared only within one kind of machine, of which")


def test_studies_without_an_answer_are_refused(store: Store) -> None:
    with pytest.raises(BadInput, match="no study 'tiny'"):
        ablation(store, "tiny")
    swept(store, fakes.study(name="searched", trials=1), experiment=fakes.instant)
    with pytest.raises(BadInput, match="searched is a search, not an ablation"):
        ablation(store, "searched")


def _interrupted_at(runs: int) -> Any:
    begun: list[int] = []

    def experiment(
        spec: ExperimentSpec, store: Store, *, backend: Backend, sink: ProgressSink = silent
    ) -> Made:
        if len(begun) == runs:
            raise KeyboardInterrupt
        begun.append(spec.seed)
        return noisy(spec, store, backend=backend, sink=sink)

    return experiment
