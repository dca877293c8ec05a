"""Which runs a study still needs, read from trials that nobody ran."""

from __future__ import annotations

from optuna.trial import TrialState

from sem_ray.methods import noise_identity
from sem_ray.studies.journal.configurations import Configurations, with_seed
from tests.studies.fakes import study
from tests.studies.finished import Journal, raced_study, searched_through


def journal(*values: float) -> Journal:
    made = Journal(raced_study())
    searched_through(made, *values)
    return made


def test_the_best_of_the_search_run_again_once_it_is_over() -> None:
    made = Journal(raced_study())
    for radius, value in ((8, 50.0), (12, 30.0), (16, 40.0)):
        made.searched(radius, value)
    assert made.configurations.missing() == [] and made.configurations.lacks() == 1
    made.searched(20, 60.0)
    assert made.configurations.missing() == [(1, 1), (2, 1)]  # the best first
    made.again(1, 1, 35.0)
    assert made.configurations.missing() == [(2, 1)]  # the round ends before the next begins
    made.again(2, 1, 40.0)
    assert made.configurations.missing() == [(1, 2), (2, 2)]


def test_the_winner_has_the_best_mean_and_is_estimated_by_other_seeds() -> None:
    made = journal(50, 30, 32, 60)
    for configuration, values in ((1, (44, 46)), (2, (41, 33))):
        for number, value in enumerate(values, 1):
            made.again(configuration, number, value)
    winner = made.configurations.winner()
    assert winner is not None and winner.number == 2  # though the search had 1 first
    assert made.configurations.missing() == [(2, 3), (2, 4)]
    made.again(2, 3, 45.0)
    made.again(2, 4, 45.0)
    assert made.configurations.missing() == [] and made.configurations.remaining() == 0


def test_every_run_is_an_experiment_of_its_own() -> None:
    spec = raced_study()
    base = spec.experiment({"noise.radius": 8})
    runs = [with_seed(base, spec, number) for number in range(3)]
    assert [run.seed for run in runs] == [10, 11, 12]
    assert all(run.data == base.data for run in runs)  # the same images
    assert len({noise_identity(run, "images") for run in runs}) == 3


def test_the_same_settings_twice_race_once() -> None:
    made = Journal(raced_study(sampler={"name": "random"}))
    for radius, value in ((8, 30.0), (8, 30.0), (12, 40.0), (16, 50.0)):
        made.searched(radius, value)
    assert [run[0] for run in made.configurations.missing()] == [0, 2]


def test_a_longer_search_may_bring_other_contenders_and_what_ran_is_kept() -> None:
    made = Journal(raced_study(sampler={"name": "random"}))
    searched_through(made, 50, 30, 40, 60)
    made.again(2, 1, 41.0)
    made.spec = made.spec.model_copy(update={"trials": 5})
    made.searched(8, 20.0)
    # The new one has the settings of trial 0, which stands for them with its own result.
    assert made.configurations.missing() == [(1, 1)]


def test_how_many_runs_are_wanted() -> None:
    made = Journal(raced_study())
    assert made.configurations.wanted() == 4 + 2 * 2 + 2
    searched_through(made, 50, 30, 40, 60)
    assert made.configurations.wanted() == 10
    made.again(1, 1, 44.0, running=True)
    assert made.configurations.wanted() == 10
    assert Configurations(study(trials=7)).wanted() == 7


def test_seeds_of_the_search_run_before_further_configurations() -> None:
    made = Journal(raced_study(replicates={"min": 2, "max": 2, "confirm": 0}))
    made.searched(8, 30.0)
    made.searched(12, 30.0, running=True)
    assert made.configurations.missing() == [(0, 1), (1, 0), (1, 1)]
    assert (made.configurations.lacks(), made.configurations.remaining()) == (2, 7)


def test_taking_trials_one_by_one_ends_where_reading_all_does() -> None:
    made = journal(50, 30, 40, 60)
    made.again(1, 1, 44.0)
    step_by_step = Configurations(made.spec)
    for trial in made.trials:
        running = made.trials[trial.number]
        running.state = TrialState.RUNNING
        step_by_step.take(running)
        step_by_step.take(trial)
    at_once = made.configurations
    assert step_by_step.missing() == at_once.missing()
    assert step_by_step.wanted() == at_once.wanted() and step_by_step.complete == 5


def test_an_objective_to_be_large_is_led_by_its_largest() -> None:
    made = Journal(raced_study(direction="maximize"))
    searched_through(made, 50, 30, 40, 60)
    assert [run[0] for run in made.configurations.missing()] == [3, 0]
