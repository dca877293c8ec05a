"""Which configurations of a study run again with further seeds, as far as its journal says.

The rounds: the search runs every configuration once; its finalists run with further seeds, whose
mean chooses the winner; the winner runs with seeds that did not choose it, which give its estimate.
All of it follows from the trials that are finished, so a sweep that was killed goes on from there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean

from optuna.trial import FrozenTrial, TrialState

from sem_ray.spec import ExperimentSpec
from sem_ray.studies.definition.objective import Objective
from sem_ray.studies.definition.study_spec import StudySpec
from sem_ray.studies.journal import trial_attributes as attributes


@dataclass(frozen=True)
class Replicate:
    """A further run of a configuration. configuration: the search's trial; number: counted from 1,
    added to the seed of the experiment."""

    configuration: FrozenTrial
    number: int

    @property
    def key(self) -> tuple[int, int]:
        return self.configuration.number, self.number


@dataclass(frozen=True)
class Rounds:
    """What a study with finalists has done, and what is left. `trials` are all of its trials."""

    spec: StudySpec
    trials: Sequence[FrozenTrial]
    _ended: Mapping[tuple[int, int], FrozenTrial] = field(init=False)

    def __post_init__(self) -> None:
        finished = [trial for trial in self.trials if trial.state == TrialState.COMPLETE]
        object.__setattr__(self, "_ended", {key_of(trial): trial for trial in finished})

    @property
    def objective(self) -> Objective:
        """What orders configurations: the first one."""
        return self.spec.objectives[0]

    @property
    def searched(self) -> tuple[FrozenTrial, ...]:
        """The search's finished trials."""
        return tuple(trial for (_, number), trial in self._ended.items() if number == 0)

    @property
    def search_is_over(self) -> bool:
        return len(self.searched) >= self.spec.trials

    def run(self, configuration: int, number: int) -> FrozenTrial | None:
        """The finished run of that number; 0 is the search's."""
        return self._ended.get((configuration, number))

    def finalists(self) -> tuple[FrozenTrial, ...]:
        """The best of the search, best first; empty until it is over."""
        if self.spec.finalists is None or not self.search_is_over:
            return ()
        ordered = sorted(self.distinct(), key=lambda trial: (self.cost(trial), trial.number))
        return tuple(ordered[: self.spec.finalists.count])

    def distinct(self) -> tuple[FrozenTrial, ...]:
        """The search's finished trials; of those with the same settings, the first."""
        found: dict[str, FrozenTrial] = {}
        for trial in sorted(self.searched, key=lambda trial: trial.number):
            found.setdefault(repr(sorted(trial.params.items())), trial)
        return tuple(found.values())

    def winner(self) -> FrozenTrial | None:
        """The finalist with the best mean over the seeds that choose; None until all are run."""
        finalists = self.finalists()
        runs = {trial.number: self.runs(trial, self.choosing) for trial in finalists}
        if not finalists or any(len(found) < len(self.choosing) for found in runs.values()):
            return None
        mean = {number: fmean(map(self.cost, found)) for number, found in runs.items()}
        return min(finalists, key=lambda trial: (mean[trial.number], trial.number))

    def runs(self, configuration: FrozenTrial, numbers: Sequence[int]) -> list[FrozenTrial]:
        """The finished runs of those numbers, in their order."""
        found = (self.run(configuration.number, number) for number in numbers)
        return [trial for trial in found if trial is not None]

    def confirmed(self, winner: FrozenTrial) -> list[FrozenTrial]:
        """The runs of the winner that had no part in the choice; empty until all are finished."""
        found = self.runs(winner, self.confirming)
        return found if len(found) == len(self.confirming) else []

    @property
    def choosing(self) -> range:
        """Numbers of the runs that choose the winner among the finalists."""
        seeds = self.spec.finalists.seeds if self.spec.finalists else 0
        return range(1, seeds + 1)

    @property
    def confirming(self) -> range:
        """Numbers of the runs that give the winner's estimate."""
        return range(self.choosing.stop, self.choosing.stop + len(self.choosing))

    def missing(self) -> Iterator[Replicate]:
        """The further runs that are not finished, in the order they are started in: every finalist
        with one seed, then with the next, so that those of one seed can be compared early."""
        finalists = self.finalists()
        wanted = [Replicate(trial, number) for number in self.choosing for trial in finalists]
        if (winner := self.winner()) is not None:
            wanted += [Replicate(winner, number) for number in self.confirming]
        return (replicate for replicate in wanted if replicate.key not in self._ended)

    def remaining(self) -> int:
        """Trials still to finish; while it is not known who runs again, as many as there may be."""
        if not self.search_is_over:
            count = min(self.spec.finalists.count, self.spec.trials) if self.spec.finalists else 0
            missing = self.spec.trials - len(self.searched)
            return missing + count * len(self.choosing) + len(self.confirming)
        later = 0 if self.winner() is not None else len(self.confirming)
        return len(list(self.missing())) + later

    def cost(self, trial: FrozenTrial) -> float:
        """Smaller if the trial is better."""
        return self.objective.cost(attributes.metrics_of(trial))

    def value(self, trial: FrozenTrial) -> float:
        """Of the first objective."""
        return attributes.metrics_of(trial)[self.objective.metric]


def key_of(trial: FrozenTrial) -> tuple[int, int]:
    """The configuration's number and the run's."""
    return attributes.configuration_of(trial), attributes.replicate_of(trial)


def seeded(spec: ExperimentSpec, trial: FrozenTrial) -> ExperimentSpec:
    """The experiment of a trial: a further run has the seed of the study plus its number."""
    number = attributes.replicate_of(trial)
    return spec.model_copy(update={"seed": spec.seed + number}) if number else spec


def wanted(spec: StudySpec, trials: Sequence[FrozenTrial]) -> int:
    """Finished trials that the study is to have."""
    if spec.finalists is None:
        return spec.trials
    complete = sum(trial.state == TrialState.COMPLETE for trial in trials)
    return complete + Rounds(spec, trials).remaining()
