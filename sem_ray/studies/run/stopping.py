"""Whether a trial is stopped at a rung: the study's scheduler, asked with all that was reported.

A configuration's first run has rungs; those with further seeds run to their end, because a
configuration that gets them has proved itself. What was decided stands in the journal, so a trial
that reports a rung again, after its worker died, is told the same again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from optuna.trial import FrozenTrial

from sem_ray.metrics.measurement import means
from sem_ray.studies.definition.objective import Objective, unusable
from sem_ray.studies.definition.study_spec import StudySpec
from sem_ray.studies.journal import trial_attributes as attributes
from sem_ray.studies.journal.trial_report import RungReport
from sem_ray.studies.schedulers.registry import scheduler_for
from sem_ray.studies.schedulers.scheduler import Costs


class Stopping:
    """What configurations cost at each rung, and the scheduler that decides by it."""

    def __init__(self, spec: StudySpec, trials: Iterable[FrozenTrial]) -> None:
        early = spec.early_stopping
        self._objectives = spec.objectives
        self._scheduler = scheduler_for(early) if early is not None else None
        self._reports: list[dict[int, Costs]] = [{} for _ in (early.rungs if early else ())]
        for trial in trials:
            for report, _ in attributes.rungs_of(trial):
                self._take(attributes.configuration_of(trial), report)

    def has_rungs(self, replicate: int) -> bool:
        """Whether this run of a configuration is measured on its way."""
        return self._scheduler is not None and replicate == 0

    def stops(self, configuration: int, report: RungReport) -> bool:
        """Whether the configuration is stopped at the rung it reports now, for the first time. One
        whose report cannot be optimised goes on: its end will say what is wrong."""
        taken = self._take(configuration, report)
        if self._scheduler is None or not taken:
            return False
        return self._scheduler.stops(configuration, report.rung, self._reports)

    def _take(self, configuration: int, report: RungReport) -> bool:
        metrics = means(report.measurements)
        if report.rung >= len(self._reports) or unusable(self._objectives, metrics):
            return False
        costs = tuple(objective.cost(metrics) for objective in self._objectives)
        self._reports[report.rung][configuration] = costs
        return True


def rung_values(
    objectives: Sequence[Objective], trial: FrozenTrial
) -> list[tuple[int, list[float]]]:
    """The objectives at each rung that a trial reached, as far as they were measured."""
    found = []
    for report, _ in attributes.rungs_of(trial):
        metrics = means(report.measurements)
        if not unusable(objectives, metrics):
            found.append((report.rung, [metrics[one.metric] for one in objectives]))
    return found
