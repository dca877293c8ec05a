"""Which finalist of a study wins, how good it is, and which others cannot be told from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from optuna.trial import FrozenTrial

from sem_ray.metrics.statistics import (
    Estimate,
    Verdict,
    mean_estimate,
    paired_difference,
    verdict,
)
from sem_ray.studies.definition.objective import Objective
from sem_ray.studies.definition.study_spec import StudySpec
from sem_ray.studies.journal import trial_attributes as attributes
from sem_ray.studies.journal.replicates import Rounds


@dataclass(frozen=True)
class Finalist:
    """A configuration that ran with further seeds, beside the winner."""

    trial: int
    """The search's trial that proposed it."""
    values: Mapping[str, Any]
    """The searched settings."""
    estimate: Estimate
    """Mean of the objective over the seeds that chose the winner."""
    difference: Estimate | None
    """Its objective minus the winner's, seed by seed; None for the winner itself."""
    verdict: Verdict | None
    """What the difference says of it; None for the winner itself."""


@dataclass(frozen=True)
class Comparison:
    """The answer of a study whose finalists have all run with further seeds."""

    objective: Objective
    finalists: tuple[Finalist, ...]
    """The winner first, then by their means."""
    chosen_by: tuple[int, ...]
    """The seeds whose mean chose the winner."""
    estimate: Estimate | None
    """Mean of the winner's objective over `estimated_by`; None until those runs are finished."""
    estimated_by: tuple[int, ...]
    """Seeds that had no part in the choice."""
    not_compared: int
    """Configurations of the search that ran with one seed alone."""

    @property
    def winner(self) -> Finalist:
        return self.finalists[0]

    @property
    def others(self) -> tuple[Finalist, ...]:
        return self.finalists[1:]


def compare(spec: StudySpec, trials: Sequence[FrozenTrial]) -> Comparison | None:
    """What the finished runs of the finalists say; None until every finalist has run with all the
    seeds that choose."""
    rounds = Rounds(spec, trials)
    winner = rounds.winner()
    if winner is None:
        return None
    others = [trial for trial in rounds.finalists() if trial.number != winner.number]
    found = [_beside(rounds, trial, winner) for trial in others]
    found.sort(key=lambda finalist: rounds.objective.sign * finalist.estimate.value)
    chosen = rounds.runs(winner, rounds.choosing)
    confirmed = rounds.confirmed(winner)
    return Comparison(
        objective=rounds.objective,
        finalists=(_beside(rounds, winner, winner), *found),
        chosen_by=tuple(map(attributes.seed_of, chosen)),
        estimate=mean_estimate([*map(rounds.value, confirmed)]) if confirmed else None,
        estimated_by=tuple(map(attributes.seed_of, confirmed)),
        not_compared=len(rounds.distinct()) - len(others) - 1,
    )


def _beside(rounds: Rounds, trial: FrozenTrial, winner: FrozenTrial) -> Finalist:
    own, best = (
        [rounds.value(run) for run in rounds.runs(each, rounds.choosing)]
        for each in (trial, winner)
    )
    difference = None if trial.number == winner.number else paired_difference(own, best)
    return Finalist(
        trial=trial.number,
        values=trial.params,
        estimate=mean_estimate(own),
        difference=difference,
        verdict=verdict(difference, rounds.objective.direction) if difference else None,
    )
