"""Take over what another study has found: finished trials that this one would run just so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from optuna.trial import FrozenTrial, TrialState, create_trial

from sem_ray.errors import BadInput
from sem_ray.metrics.measurement import means
from sem_ray.spec import ExperimentSpec
from sem_ray.studies.definition.objective import unusable
from sem_ray.studies.definition.space.choice import encoded
from sem_ray.studies.definition.space.conditions import is_active, parents_first
from sem_ray.studies.definition.space.distributions import Values
from sem_ray.studies.definition.study_spec import StudySpec
from sem_ray.studies.journal import trial_attributes as attributes
from sem_ray.studies.journal.configurations import with_seed
from sem_ray.studies.journal.storage import StudyRecord

CARRIED = (attributes.NOISE, attributes.SECONDS, attributes.MACHINE)
"""Attributes that go over as they are."""


@dataclass(frozen=True)
class Fitting:
    """A finished trial of another study, as this one would have run it."""

    trial: FrozenTrial
    spec: ExperimentSpec
    values: Values
    replicate: int

    @property
    def key(self) -> str:
        """The same for all replicates of a configuration."""
        return _key(self.values)


@dataclass
class _Taken:
    """What the study holds: of which values, which replicates, and from where."""

    configurations: dict[str, int] = field(default_factory=dict)
    runs: set[tuple[str, int]] = field(default_factory=set)


def import_trials(source: StudyRecord, target: StudyRecord) -> int:
    """Write the fitting trials of `source` into the journal of `target`, each once however often
    this is asked; how many were new. They count as its own, with the seeds they ran with."""
    found = sorted(_fitting(source, target.spec), key=lambda one: one.replicate)
    taken = _taken(target)
    return sum(_written(source, target, one, taken) for one in found)


def require_fitting(source: StudyRecord, study: StudySpec) -> None:
    """Raise `BadInput` if no trial of `source` fits, before `study` is made."""
    if next(_fitting(source, study), None) is None:
        raise BadInput(
            f"no finished trial of study {source.spec.name} is one that study {study.name} would "
            "run: the images, the other settings and the seeds must be the same, the values in its "
            "search, and the objectives measured"
        )


def _fitting(source: StudyRecord, study: StudySpec) -> Iterator[Fitting]:
    for trial in source.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)):
        spec = ExperimentSpec.model_validate_json(trial.user_attrs[attributes.SPEC])
        values = _values(study, trial.params, spec.model_dump(mode="json"))
        if values is None or unusable(study.objectives, attributes.metrics_of(trial)):
            continue
        replicate = _replicate(study, values, spec)
        if replicate is not None:
            yield Fitting(trial, spec, values, replicate)


def _values(study: StudySpec, params: Mapping[str, Any], tree: Mapping[str, Any]) -> Values | None:
    """The trial's values of what `study` searches, which its own study may have held fixed; None if
    one lies outside."""
    values: Values = {}
    for path in parents_first(study.search):
        distribution = study.search[path]
        if is_active(distribution, values):
            value = params[path] if path in params else _at(tree, path)
            if not distribution.holds(value):
                return None
            values[path] = encoded(value)
    return values


def _at(tree: Mapping[str, Any], path: str) -> Any:
    """The setting at a dotted path; None if there is none."""
    found: Any = tree
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _replicate(study: StudySpec, values: Values, spec: ExperimentSpec) -> int | None:
    """Which run of its configuration the experiment would be; None if it is none of them."""
    try:
        wanted = study.experiment(values)
    except BadInput:
        return None
    every = (*study.runs_each.choosing, *study.runs_each.confirming)
    return next((n for n in every if with_seed(wanted, study, n) == spec), None)


def _taken(target: StudyRecord) -> _Taken:
    taken = _Taken()
    for one in target.configurations():
        key = _key(one.values)
        taken.configurations.setdefault(key, one.number)
        taken.runs |= {(key, replicate) for replicate in (*one.runs, *one.running)}
    return taken


def _written(source: StudyRecord, target: StudyRecord, one: Fitting, taken: _Taken) -> bool:
    """Whether the trial was new. A configuration begins with its first replicate."""
    known = taken.configurations.get(one.key)
    if (one.key, one.replicate) in taken.runs or (known is None and one.replicate):
        return False
    facts = {
        **attributes.of_start(one.spec, known, one.replicate),
        attributes.IMPORTED: f"{source.spec.name}/{one.trial.number}",
        attributes.MEASUREMENTS: [m.model_dump() for m in attributes.measurements_of(one.trial)],
        **{key: one.trial.user_attrs[key] for key in CARRIED if key in one.trial.user_attrs},
    }
    number = _add(target, one, facts)
    taken.configurations.setdefault(one.key, number)
    taken.runs.add((one.key, one.replicate))
    return True


def _add(target: StudyRecord, one: Fitting, facts: Mapping[str, Any]) -> int:
    """In one line of the journal, so that a sweep killed here has the trial whole or not at all."""
    metrics = means(attributes.measurements_of(one.trial))
    target.study.add_trial(
        create_trial(
            state=TrialState.COMPLETE,
            values=[metrics[objective.metric] for objective in target.spec.objectives],
            params=one.values,
            distributions={path: target.spec.search[path].optuna() for path in one.values},
            user_attrs=dict(facts),
        )
    )
    return len(target.study.get_trials(deepcopy=False)) - 1


def _key(values: Mapping[str, Any]) -> str:
    return repr(sorted(values.items()))
