"""What a study's rungs are worth: how well they order configurations as their ends do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sem_ray.errors import BadInput
from sem_ray.metrics.measurement import means
from sem_ray.metrics.rank_correlation import RankCorrelation, rank_correlation
from sem_ray.store import Store
from sem_ray.studies.definition.objective import Objective
from sem_ray.studies.journal import trial_attributes as attributes
from sem_ray.studies.journal.configurations import Configuration
from sem_ray.studies.journal.storage import StudyRecord, load_study

USEFUL = 0.3
"""Spearman's ρ beyond which a rung tells more than a draw by lot nearly does."""

Verdict = Literal["predicts", "does not predict", "cannot be told"]


@dataclass(frozen=True)
class RungFidelity:
    """One rung and one objective. correlation: None if too few configurations finished."""

    rung: float
    """As a fraction of the stage's steps."""
    objective: Objective
    reached: int
    """Configurations that were measured at the rung."""
    finished: int
    """Those of them that ran to their end: the ones that the correlation is over."""
    correlation: RankCorrelation | None

    @property
    def verdict(self) -> Verdict:
        """By the 95% interval of Spearman's ρ, which lies beyond `USEFUL` or below it as a
        whole."""
        if self.correlation is None:
            return "cannot be told"
        interval = self.correlation.spearman
        if interval.low > USEFUL:
            return "predicts"
        return "does not predict" if interval.high < USEFUL else "cannot be told"


@dataclass(frozen=True)
class StudyFidelity:
    """The rungs of a study, the first one first."""

    study: str
    stage: Literal["surrogate", "victim"]
    rungs: tuple[RungFidelity, ...]


def fidelity(store: Store, name: str) -> StudyFidelity:
    """The fidelity of each rung for each objective. Raises `BadInput` for an unknown study, or one
    without rungs."""
    record = load_study(store, name)
    early = record.spec.early_stopping
    if early is None:
        raise BadInput(
            f"study {name} measures nothing on its way; give its file early_stopping: "
            "{scheduler: none} and another name"
        )
    return StudyFidelity(name, early.stage, tuple(_rungs(record, early.rungs)))


def _rungs(record: StudyRecord, fractions: tuple[float, ...]) -> Iterator[RungFidelity]:
    configurations = list(record.configurations())
    for rung, fraction in enumerate(fractions):
        for objective in record.spec.objectives:
            pairs = [_pair(one, rung, objective) for one in configurations]
            reached = [pair for pair in pairs if pair is not None]
            ended = [(early, end) for early, end in reached if end is not None]
            yield RungFidelity(
                rung=fraction,
                objective=objective,
                reached=len(reached),
                finished=len(ended),
                correlation=rank_correlation(
                    [early for early, _ in ended],
                    [end for _, end in ended],
                    seed=record.spec.seed,
                ),
            )


def _pair(one: Configuration, rung: int, objective: Objective) -> tuple[float, float | None] | None:
    """The objective at the rung and, if it is finished, the mean of its runs; None if the rung was
    not reached."""
    for report, _ in attributes.rungs_of(one.first):
        if report.rung == rung and objective.metric in (metrics := means(report.measurements)):
            end = one.mean(objective.metric, one.runs) if one.runs else None
            return metrics[objective.metric], end
    return None
