"""What the store knows already: the study's own trials, and those of others that tell of speed."""

from __future__ import annotations

from dataclasses import dataclass

from optuna.trial import FrozenTrial, TrialState

from sem_ray.errors import SemRayError
from sem_ray.spec import ExperimentSpec
from sem_ray.store import Store
from sem_ray.studies.definition.study_spec import StudySpec
from sem_ray.studies.journal import trial_attributes as attributes
from sem_ray.studies.journal.storage import load_study, require_same_study, studies

MOST_TRIALS = 2_000
"""Of other studies; the youngest studies tell most about how fast the code is now."""


@dataclass(frozen=True)
class Earlier:
    """Trials of a store. finished: the experiments of the study's own finished trials."""

    trials: tuple[FrozenTrial, ...] = ()
    finished: tuple[ExperimentSpec, ...] = ()

    @classmethod
    def of(cls, spec: StudySpec, store: Store | None) -> Earlier:
        """Raises `BadInput` if `store` has a study of the same name that is another one."""
        if store is None:
            return cls()
        require_same_study(store, spec)
        own = _trials(store, spec.name) if spec.name in studies(store) else []
        done = [trial for trial in own if trial.state == TrialState.COMPLETE]
        finished = tuple(
            ExperimentSpec.model_validate_json(trial.user_attrs[attributes.SPEC]) for trial in done
        )
        return cls((*own, *_others(store, spec.name)), finished)


def _others(store: Store, name: str) -> list[FrozenTrial]:
    """Trials of the store's other studies, as many as tell enough; a study that cannot be read
    tells nothing."""
    found: list[FrozenTrial] = []
    for other in studies(store):
        if other == name or len(found) >= MOST_TRIALS:
            continue
        try:
            found += _trials(store, other)
        except SemRayError:
            continue
    return found


def _trials(store: Store, name: str) -> list[FrozenTrial]:
    return load_study(store, name).study.get_trials(deepcopy=False)
