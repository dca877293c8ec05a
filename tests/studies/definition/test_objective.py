"""What a study optimises: a list, of which one metric and its direction is a case."""

from __future__ import annotations

from typing import Any

import pytest

from sem_ray.errors import BadInput
from sem_ray.studies.definition.objective import Objective, not_dominated, unusable
from sem_ray.studies.definition.study_file import study_from
from sem_ray.studies.dry_run import proposals
from tests.studies.fakes import METRIC, study, tree

TWO = [{"metric": METRIC}, {"metric": "generation_seconds", "direction": "minimize"}]


def test_a_metric_and_its_direction_are_a_list_of_one() -> None:
    single = study(metric=METRIC, direction="maximize")
    assert single.objectives == (Objective(metric=METRIC, direction="maximize"),)
    assert single == study(objectives=[{"metric": METRIC, "direction": "maximize"}])


@pytest.mark.parametrize("spelling", ["test_accuracy@4", "test_accuracy_at_4"])
def test_the_spelling_of_earlier_versions_is_read(spelling: str) -> None:
    assert study(metric=spelling).objectives[0].metric == "test_accuracy_at_4"


def test_several_objectives_are_proposed_for_by_tpe() -> None:
    spec = study(objectives=TWO)
    assert spec.directions == ["minimize", "minimize"]
    assert len(proposals(spec, 3)) == 3


REFUSED: dict[str, tuple[Any, str]] = {
    "none": ([], "objectives: Tuple should have at least 1 item"),
    "twice": ([TWO[0], TWO[0]], f"objectives: {METRIC} is there twice"),
    "unknown": ([{"metric": "loss"}], "no trial reports the metric 'loss'; trials report"),
    "misspelt": (
        [{"metric": "test_acuracy_at_4"}],
        "no trial reports the metric 'test_acuracy_at_4' (did you mean test_accuracy_at_4?)",
    ),
    "direction": ([{"metric": METRIC, "direction": "up"}], "direction: Input should be"),
    "text": (["test_accuracy_at_4"], "objectives.0: Input should be a valid dictionary"),
}


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_what_cannot_be_optimised_is_refused_in_one_line(case: str) -> None:
    objectives, message = REFUSED[case]
    with pytest.raises(BadInput) as refusal:
        study(objectives=objectives)
    assert str(refusal.value).startswith("test.yaml: ") and message in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_both_forms_or_none_are_refused() -> None:
    with pytest.raises(BadInput, match="give objectives, or metric and direction, not both"):
        study(metric=METRIC, direction="minimize", objectives=TWO)
    with pytest.raises(BadInput, match="objectives: nothing to optimise"):
        study_from({k: v for k, v in tree().items() if k != "metric"}, "test.yaml")


def test_every_objective_must_be_a_number() -> None:
    objectives = study(objectives=TWO).objectives
    assert unusable(objectives, {METRIC: 1.0, "generation_seconds": 2.0}) is None
    assert unusable(objectives, {METRIC: 1.0}) == (
        f"it reported no generation_seconds, only {METRIC}"
    )
    assert unusable(objectives, {METRIC: float("inf"), "generation_seconds": 2.0}) == (
        f"its {METRIC} is inf"
    )


def front(*pairs: tuple[float, float], directions: str = "minimize minimize") -> tuple[int, ...]:
    objectives = [
        Objective.model_validate({"metric": name, "direction": direction})
        for name, direction in zip("ab", directions.split(), strict=True)
    ]
    results = {n: dict(zip("ab", pair, strict=True)) for n, pair in enumerate(pairs)}
    return not_dominated(objectives, results)


def test_the_front_is_what_nothing_beats_in_every_objective() -> None:
    assert front((1, 5), (2, 2), (5, 1), (3, 3)) == (0, 1, 2)
    assert front((1, 5), (2, 2), (5, 1), (3, 3), directions="maximize minimize") == (2,)
    assert front((1, 1), (1, 1), (1, 2)) == (0,)
    assert front() == ()


def test_for_one_objective_the_front_is_the_best_trial_the_older_of_equals() -> None:
    objective = [Objective(metric="a", direction="maximize")]
    assert not_dominated(objective, {4: {"a": 1.0}, 2: {"a": 3.0}, 3: {"a": 3.0}}) == (2,)
