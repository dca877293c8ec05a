"""Which configurations run again and with which seeds, read from trials that nobody ran."""

from __future__ import annotations

from sem_ray.methods import noise_identity
from sem_ray.studies.journal.replicates import Rounds, seeded, wanted
from tests.studies.fakes import study
from tests.studies.finished import Journal, finalists_study, searched_through


def journal(*values: float) -> Journal:
    made = Journal(finalists_study())
    searched_through(made, *values)
    return made


def missing(made: Journal) -> list[tuple[int, int]]:
    return [replicate.key for replicate in Rounds(made.spec, made.trials).missing()]


def test_the_best_of_the_search_run_again_once_it_is_over() -> None:
    made = Journal(finalists_study())
    for radius, value in ((8, 50.0), (12, 30.0), (16, 40.0)):
        made.searched(radius, value)
    assert missing(made) == []
    made.searched(20, 60.0)
    assert missing(made) == [(1, 1), (2, 1), (1, 2), (2, 2)]  # seed by seed, the best first


def test_the_winner_is_chosen_by_further_seeds_and_estimated_by_others_again() -> None:
    made = journal(50, 30, 40, 60)
    for configuration, values in ((1, (44, 46)), (2, (41, 43))):
        for number, value in enumerate(values, 1):
            made.again(configuration, number, value)
    rounds = Rounds(made.spec, made.trials)
    winner = rounds.winner()
    assert winner is not None and winner.number == 2  # though the search had 1 first
    assert missing(made) == [(2, 3), (2, 4)]
    made.again(2, 3, 45.0)
    assert missing(made) == [(2, 4)]
    made.again(2, 4, 45.0)
    assert missing(made) == [] and Rounds(made.spec, made.trials).remaining() == 0


def test_every_further_run_is_an_experiment_of_its_own() -> None:
    made = journal(50, 30, 40, 60)
    for number in (1, 2):
        made.again(1, number, 44.0)
    base = made.spec.experiment(made.trials[1].params)
    runs = [seeded(base, made.trials[number]) for number in (1, 4, 5)]
    assert [run.seed for run in runs] == [10, 11, 12]
    assert all(run.data == base.data for run in runs)  # the same images
    assert len({noise_identity(run, "images") for run in runs}) == 3


def test_the_same_settings_twice_are_one_finalist() -> None:
    made = Journal(finalists_study(sampler={"name": "random"}))
    for radius, value in ((8, 30.0), (8, 30.0), (12, 40.0), (16, 50.0)):
        made.searched(radius, value)
    assert [trial.number for trial in Rounds(made.spec, made.trials).finalists()] == [0, 2]


def test_a_longer_search_may_bring_other_finalists_and_what_ran_is_kept() -> None:
    made = journal(50, 30, 40, 60)
    made.again(2, 1, 41.0)
    made.spec = made.spec.model_copy(update={"trials": 5})
    made.searched(8, 20.0)
    # The new best has the settings of trial 0, which stands for them with its own result.
    assert missing(made) == [(1, 1), (1, 2), (2, 2)]


def test_how_many_trials_are_wanted() -> None:
    made = Journal(finalists_study())
    assert wanted(made.spec, made.trials) == 4 + 2 * 2 + 2
    searched_through(made, 50, 30, 40, 60)
    assert wanted(made.spec, made.trials) == 10
    made.again(1, 1, 44.0, running=True)
    assert wanted(made.spec, made.trials) == 10
    plain = study(trials=7)
    assert wanted(plain, []) == 7 and not Rounds(plain, []).finalists()


def test_fewer_configurations_than_finalists_are_all_run_again() -> None:
    spec = finalists_study(trials=2, finalists={"count": 5, "seeds": 2})
    made = Journal(spec)
    made.searched(8, 50.0)
    made.searched(12, 30.0)
    assert wanted(made.spec, made.trials) == 2 + 2 * 2 + 2
    assert missing(made) == [(1, 1), (0, 1), (1, 2), (0, 2)]


def test_an_objective_to_be_large_is_chosen_by_its_largest() -> None:
    made = Journal(finalists_study(direction="maximize"))
    searched_through(made, 50, 30, 40, 60)
    assert [trial.number for trial in Rounds(made.spec, made.trials).finalists()] == [3, 0]
