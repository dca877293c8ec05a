"""The front by means, what can be told from it, and its hypervolume."""

from __future__ import annotations

from typing import Any

import optuna
import pytest
from optuna.trial import TrialState, create_trial

from sem_ray.errors import BadInput
from sem_ray.studies.definition.study_spec import StudySpec
from sem_ray.studies.journal import trial_attributes as attributes
from sem_ray.studies.journal.configurations import Configurations
from sem_ray.studies.pareto import ParetoFront, pareto_front
from tests.studies.fakes import METRIC, measured, study

SECONDS = "generation_seconds"
RADII = (8, 12, 16, 20, 24)
Pair = tuple[float, float]


def two_objectives(**changes: Any) -> StudySpec:
    """Accuracy to be small, seconds to be large."""
    objectives = [{"metric": METRIC}, {"metric": SECONDS, "direction": "maximize"}]
    usual = {
        "objectives": objectives,
        "search": {"noise.radius": {"choices": list(RADII)}},
        "trials": len(RADII),
    }
    return study(**{**usual, **changes})


def found(*rows: tuple[Pair, ...], seeds: int | None = None, **changes: Any) -> Configurations:
    """A configuration for each row, with a pair of results for each seed."""
    replicates = {"replicates": {"min": seeds or len(rows[0]), "max": len(rows[0])}}
    spec = two_objectives(**replicates, **changes)
    made = optuna.create_study(directions=spec.directions)
    for row, results in enumerate(rows):
        first = len(made.trials)
        for replicate, result in enumerate(results):
            made.add_trial(_trial(spec, RADII[row], result, first, replicate))
    return Configurations(spec, made.trials)


def _trial(
    spec: StudySpec, radius: int, result: Pair, first: int, replicate: int
) -> optuna.trial.FrozenTrial:
    experiment = spec.experiment({"noise.radius": radius})
    values = measured(experiment, **{METRIC: result[0], SECONDS: result[1]})
    keys = {attributes.CONFIGURATION: first, attributes.REPLICATE: replicate} if replicate else {}
    return create_trial(
        state=TrialState.COMPLETE,
        values=result,
        params={"noise.radius": radius},
        distributions={"noise.radius": spec.search["noise.radius"].optuna()},
        user_attrs={
            **keys,
            attributes.SPEC: experiment.model_dump_json(),
            attributes.MEASUREMENTS: [one.model_dump() for one in values],
        },
    )


def standings(front: ParetoFront) -> dict[int, str]:
    return {point.trial: point.standing for point in front.points}


def spread(accuracy: float, seconds: float, noise: float = 1.0) -> tuple[Pair, ...]:
    """Three seeds about a mean."""
    return tuple((accuracy + noise * d, seconds + noise * d / 10) for d in (-1, 0, 1))


def uneven(accuracy: float, seconds: float) -> tuple[Pair, ...]:
    """Three seeds about the same mean, that move otherwise than those of `spread`."""
    return tuple((accuracy + d, seconds + d / 10) for d in (1, -2, 1))


def test_the_front_is_that_of_the_means_best_first_objective_first() -> None:
    front = pareto_front(found(spread(50, 9), spread(30, 5), spread(40, 7), spread(60, 4)))
    assert [point.trial for point in front.front] == [3, 6, 0]
    assert standings(front)[9] == "dominated"
    assert front.points[-1].behind in {0, 3, 6}


def test_what_noise_may_have_put_behind_is_not_called_dominated() -> None:
    near = found(spread(50, 9), uneven(50.5, 8.9), spread(90, 1))
    assert standings(pareto_front(near)) == {
        0: "front",
        3: "cannot be told from the front",
        6: "dominated",
    }


def test_clear_in_one_objective_only_is_not_enough() -> None:
    front = pareto_front(found(spread(50, 9), uneven(90, 8.95)))
    assert standings(front)[3] == "cannot be told from the front"


def test_equal_in_all_runs_of_one_objective_and_clear_in_the_other_is_dominated() -> None:
    same = [tuple((value, 5.0) for value in (a - 1, a, a + 1)) for a in (30.0, 60.0)]
    assert standings(pareto_front(found(*same)))[3] == "dominated"


def test_configurations_with_equal_results_share_the_front() -> None:
    front = pareto_front(found(spread(50, 9), spread(50, 9)))
    assert set(standings(front).values()) == {"front"}


def test_one_seed_tells_nothing_apart() -> None:
    front = pareto_front(found(((50, 9),), ((90, 1),)))
    assert standings(front)[1] == "cannot be told from the front"
    assert not front.points[0].estimates[METRIC].known


def test_the_hypervolume_is_measured_from_the_reference_in_the_objectives_directions() -> None:
    configurations = found(((30, 5),), ((50, 9),))
    front = pareto_front(configurations, [60, 4])
    assert front.hypervolume == (60 - 30) * (5 - 4) + (60 - 50) * (9 - 5)
    assert front.reference == {METRIC: 60, SECONDS: 4}
    assert front.share == pytest.approx(70 / (30 * 5))
    beyond = pareto_front(configurations)
    assert beyond.reference == {METRIC: pytest.approx(52), SECONDS: pytest.approx(4.6)}


def test_infeasible_configurations_are_left_out_and_counted() -> None:
    front = pareto_front(
        found(spread(20, 9), spread(50, 9), constraints=[f"{METRIC} >= 40"]),
    )
    assert standings(front) == {3: "front"}
    assert (front.infeasible, front.share) == (1, 1)


def test_configurations_that_lack_seeds_wait_until_others_have_them() -> None:
    one, other = ((50.0, 9.0), (51.0, 9.0)), ((30.0, 9.0),)
    assert standings(pareto_front(found(one, other))) == {0: "front"}


@pytest.mark.parametrize(
    ("configurations", "reference", "message"),
    [
        (Configurations(study()), None, "one objective and so no trade-off; .*sem-ray best tiny"),
        (Configurations(two_objectives()), None, "no finished trial yet"),
        (found(((50, 9),)), [1.0], "2 objectives .* 1 values were given"),
    ],
)
def test_what_has_no_front_is_refused(
    configurations: Configurations, reference: list[float] | None, message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        pareto_front(configurations, reference)
