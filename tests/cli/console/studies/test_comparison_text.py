"""The sentences that answer a study."""

from __future__ import annotations

from dataclasses import replace

from sem_ray.cli.console.studies.comparison_text import in_short, sentences
from sem_ray.cli.console.studies.study_tables import show_best
from sem_ray.metrics.statistics import Estimate
from sem_ray.spec.reading import parse_yaml
from sem_ray.studies.comparison import Comparison, Contender
from sem_ray.studies.definition.objective import Objective
from sem_ray.studies.queries import Best
from tests.cli.console.conftest import MakeScreen
from tests.cli.console.study_samples import OBJECTIVES, SPEC, measured

OBJECTIVE = Objective(metric="test_accuracy_at_4")


def estimate(value: float, half: float) -> Estimate:
    return Estimate(value, value - half, value + half, 3)


def comparison(*, confirmed: bool = True, apart: bool = True) -> Comparison:
    values = {"noise.radius": 32, "noise.perturbation_scale": 0.333333}
    seeds = (1, 2, 3)
    winner = Contender(5, values, seeds, estimate(18.2, 3.0), None, None)
    near = Contender(
        4, values, seeds, estimate(18.4, 2.0), estimate(0.2, 3.1), "cannot be told apart"
    )
    far = Contender(2, {"noise.radius": 16}, (1, 2), estimate(50, 9), estimate(31.8, 12), "worse")
    return Comparison(
        objective=OBJECTIVE,
        contenders=(winner, near, *([far] if apart else [])),
        decided=True,
        estimate=estimate(19.0, 4.0) if confirmed else None,
        estimated_by=(4, 5, 6) if confirmed else (),
        not_compared=3,
    )


def test_the_winner_its_interval_and_how_the_others_compare() -> None:
    first, near, far, rest, how = sentences(comparison())
    assert first == (
        "configuration 5 (noise.radius 32, noise.perturbation_scale 0.333) leads: "
        "test_accuracy_at_4 19.0 [15.0, 23.0] over seeds 4, 5, 6; others, seeds 1, 2, 3, chose it"
    )
    assert near.endswith("cannot be told from it: +0.2 [-2.9, +3.3] over 3 seeds")
    assert far == "configuration 2 (noise.radius 16) is worse by +31.8 [+19.8, +43.8] over 2 seeds"
    assert rest.startswith("The other 3 configurations ran with one seed")
    assert "95% intervals" in how and "seeds that both ran with" in how


def test_in_short_it_names_who_is_tied_and_who_is_worse() -> None:
    first, tied, worse, rest = in_short(comparison())
    assert first == next(sentences(comparison()))
    assert tied == (
        "Cannot be told from it: configuration 4 (noise.radius 32, noise.perturbation_scale 0.333) "
        "by +0.2 [-2.9, +3.3]."
    )
    assert worse == "Worse: 2 by +31.8 [+19.8, +43.8]."
    assert rest.startswith("The other 3")
    many = comparison()
    crowd = replace(many, contenders=(*many.contenders[:1], *many.contenders[2:] * 5))
    assert next(line for line in in_short(crowd) if "Worse" in line).endswith(", and 2 more.")


def test_a_study_that_tells_nothing_apart_says_so() -> None:
    assert any(
        "does not tell these settings apart" in s for s in sentences(comparison(apart=False))
    )
    assert not any("does not tell" in sentence for sentence in sentences(comparison()))


def test_until_the_winner_has_run_again_its_estimate_is_of_the_seeds_that_chose_it() -> None:
    first, *_ = sentences(comparison(confirmed=False))
    assert first.endswith(
        "test_accuracy_at_4 18.2 [15.2, 21.2] over seeds 1, 2, 3, which chose it, so that it may "
        "look better than it is"
    )


def test_the_answer_is_a_comment_in_yaml_of_eighty_columns(screen: MakeScreen) -> None:
    seen = screen()
    best = Best("quick", 5, OBJECTIVES, measured(), SPEC, comparison())
    show_best(best)
    assert parse_yaml(seen.text, "best") == best.settings
    assert max(len(line) for line in seen.lines) <= 80
    assert "[+19.8, +43.8]" in seen.text
