"""Which experiments a study will run, as far as that can be known before it begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sem_ray.spec import ExperimentSpec
from sem_ray.studies.definition.space.distributions import Values
from sem_ray.studies.definition.study_spec import StudySpec
from sem_ray.studies.dry_run import proposals

MOST_FORESEEN = 500
"""Configurations that are looked at one by one; the work of more is extrapolated."""
KNOWN_AHEAD = ("random", "qmc", "grid")
"""Samplers whose proposals depend on no result."""


@dataclass(frozen=True)
class Foreseen:
    """The configurations of a study, and their runs with different seeds."""

    spec: StudySpec
    configurations: tuple[Values, ...]
    """The first ones' values; of samplers that learn, draws that stand in for them."""
    target: int
    """Configurations to finish."""

    @classmethod
    def of(cls, spec: StudySpec, target: int) -> Foreseen:
        """Raises `BadInput` if one of the values makes no experiment."""
        return cls(spec, proposals(spec, min(target, MOST_FORESEEN)), target)

    @property
    def exact(self) -> bool:
        """Whether these are the configurations that will run, and all of them."""
        known = bool(self.spec.points) or self.spec.sampler.name in KNOWN_AHEAD
        return known and len(self.configurations) == self.target

    @property
    def scale(self) -> float:
        """How many times the work of those that are looked at there will be."""
        return self.target / len(self.configurations)

    def least(self) -> list[ExperimentSpec]:
        """The runs if no configuration gets more seeds than it must; the first one stands in for
        the winner."""
        runs = self.spec.runs_each
        every = [self._run(values, n) for n in range(runs.min) for values in self.configurations]
        return [*every, *self._confirming(runs.min)]

    def most(self) -> list[ExperimentSpec]:
        """The runs if all finalists get all seeds; the first ones stand in for them."""
        runs = self.spec.runs_each
        finalists = self.configurations[: runs.finalists]
        further = [self._run(values, n) for n in range(runs.min, runs.max) for values in finalists]
        every = [self._run(values, n) for n in range(runs.min) for values in self.configurations]
        return [*every, *further, *self._confirming(runs.max)]

    def _confirming(self, first: int) -> Sequence[ExperimentSpec]:
        winner = self.configurations[0]
        return [self._run(winner, first + n) for n in range(self.spec.runs_each.confirm)]

    def _run(self, values: Values, replicate: int) -> ExperimentSpec:
        experiment = self.spec.experiment(values)
        seed = self.spec.runs_each.seed(replicate, experiment.seed)
        return experiment.model_copy(update={"seed": seed})
