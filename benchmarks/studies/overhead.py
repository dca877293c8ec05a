"""What a trial costs beside its work, in a study and in bare Ray Tune.

Hypothesis: a trial of a study, with its journal and MLflow, costs no more than one of bare Tune
without any tracker plus 50 ms. All do nothing. Rounds take turns on one Ray, so that other work on
the machine touches all alike: the study goes on with its journal, Tune begins anew, with Optuna's
searcher, reused actors, and the same number of trials at once.

    python -m benchmarks.studies.overhead --trials 200 --rounds 4
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.harness.machine import description
from benchmarks.studies.noop import METRIC, Ends, noop_study, nothing, nothing_in_tune, per_trial
from sem_ray.cluster.ray_session import ray_session
from sem_ray.store import Store
from sem_ray.studies.run.sweep import run_sweep

AT_ONCE = 2
ALLOWED = 50.0
"""Milliseconds a trial may cost above one of bare Tune."""

Arm = Callable[[int, int], Ends]
"""(round, trials of it) → when its trials ended."""


def study(folder: Path) -> Arm:
    """A study that goes on for so many trials more in each round."""
    store = Store.open(folder / "store")

    def arm(number: int, trials: int) -> Ends:
        ends, spec = Ends(), noop_study((number + 1) * trials, "tpe", AT_ONCE)
        run_sweep(spec, store, experiment=nothing, on_event=ends.on_event)
        return ends

    return arm


def bare_tune(folder: Path, *, tracked: bool) -> Arm:
    """Ray Tune with Optuna's searcher; with its callback for MLflow if `tracked`."""
    from optuna.distributions import FloatDistribution, IntDistribution
    from ray import tune
    from ray.air.integrations.mlflow import MLflowLoggerCallback
    from ray.tune.search.optuna import OptunaSearch

    space = {
        "perturbation_scale": FloatDistribution(0.0, 2.0),
        "step_size": FloatDistribution(0.5, 12.0, log=True),
        "steps": IntDistribution(1, 5),
    }

    class Watch(tune.Callback):  # type: ignore[misc]  # Ray has no types
        def __init__(self, ends: Ends) -> None:
            self._ends = ends

        def on_trial_complete(self, **_: object) -> None:
            self._ends.note()

    def arm(number: int, trials: int) -> Ends:
        ends = Ends()
        uri = f"sqlite:///{folder}/bare-mlflow.db"
        tracker = [MLflowLoggerCallback(tracking_uri=uri, experiment_name="bare")]
        place = f"bare-{'tracked' if tracked else 'plain'}-{number}"
        tune.Tuner(
            tune.with_resources(nothing_in_tune, {"cpu": 1}),
            tune_config=tune.TuneConfig(
                search_alg=OptunaSearch(space=space, metric=METRIC, mode="min"),
                num_samples=trials,
                max_concurrent_trials=AT_ONCE,
                reuse_actors=True,
            ),
            run_config=tune.RunConfig(
                name=place,
                storage_path=str(folder),
                verbose=0,
                callbacks=[Watch(ends), *(tracker if tracked else [])],
            ),
        ).fit()
        return ends

    return arm


def measured(trials: int, rounds: int) -> dict[str, list[float]]:
    """Milliseconds a trial of each arm, round by round."""
    with tempfile.TemporaryDirectory() as scratch, ray_session():
        folder = Path(scratch)
        arms = {
            "study": study(folder),
            "tune": bare_tune(folder, tracked=False),
            "tune_mlflow": bare_tune(folder, tracked=True),
        }
        found: dict[str, list[float]] = {name: [] for name in arms}
        for number in range(rounds):
            for name, arm in arms.items():
                found[name].append(round(per_trial(arm(number, trials // rounds).wall), 1))
        return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=4)
    options = parser.parse_args()
    load = os.getloadavg()[0]
    found = measured(options.trials, options.rounds)
    pairs = zip(found["study"], found["tune"], strict=True)
    above = statistics.median(study - tune for study, tune in pairs)
    result = {
        **description(),
        "load_at_start": round(load, 1),
        "trials": options.trials,
        "at_once": AT_ONCE,
        "milliseconds_per_trial_by_round": found,
        "median": {name: statistics.median(values) for name, values in found.items()},
        "above_bare_tune": round(above, 1),
        "allowed": ALLOWED,
        "ok": above <= ALLOWED,
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
