"""Studies in virtual time: the clock, the workers, and the study's own code under thousands of
trials."""

from __future__ import annotations

import time
from typing import Any

import pytest
from optuna.trial import TrialState

from sem_ray.metrics.measurement import Measurement
from sem_ray.spec import ExperimentSpec
from sem_ray.store import Store
from sem_ray.studies.definition.study_spec import StudySpec
from sem_ray.studies.journal import trial_attributes as attributes
from sem_ray.studies.journal.storage import open_study
from sem_ray.studies.run.simulated.backend import Curve, Reading
from sem_ray.studies.run.simulated.simulation import Simulation, in_memory, simulate
from sem_ray.studies.run.simulated.synthetic_curves import SyntheticCurves
from sem_ray.studies.run.trial_queue import TrialRequest
from tests.studies.fakes import METRIC, measured, study

RUNGS = (0.25, 0.5)


def spec_of(trials: int, **changes: Any) -> StudySpec:
    settings: dict[str, Any] = {
        "search": {"noise.radius": {"low": 1, "high": 32}, "noise.steps": {"low": 1, "high": 8}},
        "sampler": {"name": "random"},
        "concurrency": None,
        "trials": trials,
    }
    return study(**(settings | changes))


def stopping(scheduler: str = "asha") -> dict[str, Any]:
    return {"early_stopping": {"scheduler": scheduler, "rungs": list(RUNGS)}}


CURVES = SyntheticCurves(measured, noise=3, rungs=RUNGS, rung_noise=2, spread=0.5, seconds=3600)


def ended(simulation: Simulation) -> list[tuple[Any, ...]]:
    """All that the journal says, but for times."""
    return [
        (trial.number, trial.state, trial.params, trial.values, attributes.rungs_of(trial))
        for trial in simulation.record.study.trials
    ]


@pytest.mark.parametrize(("workers", "hours"), [(1, 12.0), (3, 4.0), (12, 1.0), (50, 1.0)])
def test_virtual_time_passes_as_the_workers_allow(workers: int, hours: float) -> None:
    curves = SyntheticCurves(measured, seconds=3600)
    done = simulate(spec_of(12), curves, workers=workers)
    assert done.hours == pytest.approx(hours) and done.worked == pytest.approx(12)


def test_a_stopped_trial_gives_its_worker_back_at_its_rung() -> None:
    curves = SyntheticCurves(worse_and_worse, rungs=RUNGS, seconds=3600)
    spec = spec_of(9, search={"noise.radius": {"choices": list(range(1, 10))}}, **stopping())
    done = simulate(spec, curves)
    pruned = [one.number for one in done.configurations if one.pruned]
    assert pruned and all(
        attributes.pruned_at(done.configurations[number].first) == 0 for number in pruned
    )
    assert done.worked == pytest.approx(len(pruned) * 0.25 + 9 - len(pruned))


def worse_and_worse(spec: ExperimentSpec) -> tuple[Measurement, ...]:
    """The radius is what is measured."""
    return tuple(one.model_copy(update={"value": spec.noise.radius}) for one in measured(spec))


@pytest.mark.parametrize("scheduler", ["asha", "median", "none"])
def test_the_same_study_gives_the_same_journal(scheduler: str) -> None:
    spec = spec_of(40, **stopping(scheduler))
    assert ended(simulate(spec, CURVES, workers=4)) == ended(simulate(spec, CURVES, workers=4))


def test_failures_by_chance_are_made_up_for() -> None:
    curves = SyntheticCurves(measured, failures=0.2)
    done = simulate(spec_of(40), curves, workers=4)
    states = [trial.state for trial in done.record.study.trials]
    assert states.count(TrialState.COMPLETE) == 40 and 2 < states.count(TrialState.FAIL) < 25


class CutOff(Exception):
    """The driver is gone."""


def dying(after: int) -> Any:
    """Curves of a driver that ends when it asks for the curve number `after`."""
    asked = iter(range(after))

    def curves(request: TrialRequest) -> Curve:
        if next(asked, None) is None:
            raise CutOff
        return CURVES(request)

    return curves


@pytest.mark.parametrize("after", [1, 7, 19])
def test_a_study_that_is_cut_off_goes_on_to_its_end(store: Store, after: int) -> None:
    spec = spec_of(20, **stopping())
    with pytest.raises(CutOff):
        simulate(spec, dying(after), workers=3, record=open_study(store, spec))
    done = simulate(spec, CURVES, workers=3, record=open_study(store, spec))
    states = {trial.state for trial in done.record.study.trials}
    assert states == {TrialState.COMPLETE, TrialState.PRUNED}
    assert len(done.record.study.trials) == len(done.configurations) == 20


def test_one_worker_cut_off_anywhere_ends_with_the_same_journal(store: Store) -> None:
    """Then nothing depends on when trials ended, and decisions follow from the journal alone."""
    spec = spec_of(12, **stopping())
    whole = ended(simulate(spec, CURVES))
    with pytest.raises(CutOff):
        simulate(spec, dying(6), record=open_study(store, spec))
    assert ended(simulate(spec, CURVES, record=open_study(store, spec))) == whole


def test_replicates_race_in_virtual_time() -> None:
    spec = spec_of(10, replicates={"min": 2, "max": 6, "finalists": 4, "confirm": 2})
    done = simulate(spec, SyntheticCurves(measured, noise=3), workers=4)
    winner = done.configurations.winner()
    assert winner is not None and len(winner.runs) >= 4


def test_early_stopping_finds_nearly_the_best_for_a_fraction_of_the_work() -> None:
    spec = spec_of(120)
    whole = simulate(spec, CURVES, workers=8)
    early = simulate(spec.model_copy(update=_early()), CURVES, workers=8)
    assert early.worked < 0.6 * whole.worked
    assert _best(early) <= _best(whole) + 5


def _early() -> dict[str, Any]:
    return {"early_stopping": spec_of(1, **stopping()).early_stopping}


def _best(done: Simulation) -> float:
    runs = [one.runs[0].metrics[METRIC] for one in done.configurations if 0 in one.runs]
    return min(runs)


@pytest.mark.parametrize("early", [False, True])
def test_two_thousand_trials_take_seconds(early: bool) -> None:
    spec = spec_of(2000, **(stopping() if early else {}))
    start = time.process_time()
    done = simulate(spec, CURVES, workers=16)
    assert len(done.configurations) == 2000
    assert time.process_time() - start < 20


@pytest.mark.long
def test_ten_thousand_trials_take_less_than_a_minute() -> None:
    start = time.process_time()
    done = simulate(spec_of(10_000, **stopping()), CURVES, workers=16)
    assert len(done.configurations) == 10_000
    assert time.process_time() - start < 60


def test_a_rung_after_the_end_of_a_trial_that_fails_is_not_reported() -> None:
    curves = SyntheticCurves(measured, rungs=(0.25, 0.75), failures=1.0)
    spec = spec_of(1, early_stopping={"scheduler": "none", "rungs": [0.25, 0.75]})
    done = simulate(spec, curves)
    (trial,) = done.record.study.trials
    assert [report.rung for report, _ in attributes.rungs_of(trial)] == [0]


def test_a_curve_of_ones_own_is_a_function(store: Store) -> None:
    def curve(request: TrialRequest) -> Curve:
        return Curve(Reading(request.spec.noise.radius, measured(request.spec)))

    done = simulate(spec_of(3), curve, record=in_memory(spec_of(3)))
    trials = done.record.study.trials
    seconds = [attributes.seconds_of(trial) for trial in trials]
    assert seconds == [trial.params["noise.radius"] for trial in trials]
