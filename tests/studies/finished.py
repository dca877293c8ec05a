"""Studies with finished trials that nobody ran: what a journal may hold, in milliseconds."""

from __future__ import annotations

from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState, create_trial

from sem_ray.studies.definition.study_spec import StudySpec
from sem_ray.studies.journal import trial_attributes as attributes
from sem_ray.studies.journal.configurations import Configurations
from tests.studies.fakes import METRIC, measured, study

RADII = (8, 12, 16, 20)


RACED: dict[str, Any] = {
    "search": {"noise.radius": {"choices": list(RADII)}},
    "sampler": {"name": "grid"},
    "replicates": {"min": 1, "max": 3, "finalists": 2, "confirm": 2},
    "base": {"seed": 10},
}
"""Four radii with seed 10; the best two with up to two seeds more; the winner with two of its
own."""


def raced_study(**changes: Any) -> StudySpec:
    return study(**{**RACED, **changes})


class Journal:
    """Trials of `spec`, noted as a sweep would note them."""

    def __init__(self, spec: StudySpec) -> None:
        self.spec = spec
        self._study = optuna.create_study(directions=spec.directions)

    def searched(self, radius: int, value: float, **facts: Any) -> int:
        """A trial of the search that reached `value`; its number."""
        return self._add(radius, value, {}, **facts)

    def again(self, configuration: int, number: int, value: float, **facts: Any) -> int:
        """A further run of a trial's settings."""
        radius = self.trials[configuration].params["noise.radius"]
        keys = {attributes.CONFIGURATION: configuration, attributes.REPLICATE: number}
        return self._add(radius, value, keys, **facts)

    @property
    def configurations(self) -> Configurations:
        return Configurations(self.spec, self.trials)

    @property
    def trials(self) -> list[FrozenTrial]:
        return self._study.trials

    def _add(
        self, radius: int, value: float, keys: dict[str, int], *, running: bool = False
    ) -> int:
        spec = self.spec.experiment({"noise.radius": radius})
        spec = spec.model_copy(update={"seed": spec.seed + keys.get(attributes.REPLICATE, 0)})
        found = [m.model_dump() for m in measured(spec, **{METRIC: value})]
        self._study.add_trial(
            create_trial(
                state=TrialState.RUNNING if running else TrialState.COMPLETE,
                value=None if running else value,
                params={"noise.radius": radius},
                distributions={"noise.radius": self.spec.search["noise.radius"].optuna()},
                user_attrs={
                    **keys,
                    attributes.SPEC: spec.model_dump_json(),
                    attributes.MEASUREMENTS: found,
                },
            )
        )
        return len(self.trials) - 1


def searched_through(journal: Journal, *values: float) -> None:
    """The search's trials, one for each radius."""
    for radius, value in zip(RADII, values, strict=True):
        journal.searched(radius, value)
