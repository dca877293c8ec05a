"""What the records of an ablation say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from optuna.trial import FrozenTrial, TrialState

from sem_ray.errors import BadInput
from sem_ray.metrics.measurement import CLEAN_ACCURACY, Measurement, current_key
from sem_ray.spec.validation import did_you_mean
from sem_ray.store import Store
from sem_ray.studies.ablation.analysis import Direction, Measured, Run
from sem_ray.studies.ablation.answer import Ablation, answer
from sem_ray.studies.ablation.design import Design
from sem_ray.studies.definition.study_spec import StudySpec
from sem_ray.studies.journal import trial_attributes as attributes
from sem_ray.studies.journal.storage import StudyRecord, load_study


def ablation(store: Store, name: str, metrics: Sequence[str] = ()) -> Ablation:
    """The effects of each change on these measurements; none are the study's objectives.

    Raises `BadInput` for an unknown study, one that is no ablation or has no finished run, and for
    a measurement that it did not make.
    """
    record = load_study(store, name)
    design = record.spec.ablation_design
    if design is None:
        raise BadInput(
            f"study {name} is a search, not an ablation; give it `design: ablation` and another "
            f"name, or see `sem-ray best {name}`"
        )
    trials = _finished(record)
    if not trials:
        raise BadInput(
            f"ablation {name} has no finished run yet; run `sem-ray sweep` with its file, and see "
            f"`sem-ray status {name}`"
        )
    measured = tuple(_measured(record.spec, trials, metrics))
    runs = tuple(_runs(design, trials))
    return answer(name, design, record.spec.runs_each.min, runs, measured, record.spec.seed)


def _finished(record: StudyRecord) -> list[FrozenTrial]:
    done = (TrialState.COMPLETE,)
    return record.study.get_trials(deepcopy=False, states=done)


def _runs(design: Design, trials: Iterable[FrozenTrial]) -> Iterator[Run]:
    points = {_key(design.values(number)): number for number in range(len(design.points))}
    for trial in trials:
        yield Run(
            point=points[_key(trial.params)],
            seed=attributes.seed_of(trial),
            machine=attributes.machine_of(trial),
            metrics=attributes.metrics_of(trial),
        )


def _key(values: Mapping[str, Any]) -> frozenset[tuple[str, Any]]:
    return frozenset(values.items())


def _measured(
    spec: StudySpec, trials: Sequence[FrozenTrial], metrics: Sequence[str]
) -> Iterator[Measured]:
    directions = {objective.metric: objective.direction for objective in spec.objectives}
    made = _made_by_all(trials)
    for metric in map(current_key, metrics or directions):
        if metric not in made:
            raise BadInput(
                f"the runs of {spec.name} have no measurement {metric!r}"
                f"{did_you_mean(metric, made)}; they have {', '.join(made)}"
            )
        found = made[metric]
        usual: Direction = "maximize" if found.name == CLEAN_ACCURACY else "minimize"
        yield Measured(metric, found.unit, directions.get(metric, usual))


def _made_by_all(trials: Sequence[FrozenTrial]) -> dict[str, Measurement]:
    """By key; a factor may change what is measured, as `victim.radii` does."""
    each = [{m.key: m for m in attributes.measurements_of(trial)} for trial in trials]
    return {key: m for key, m in each[0].items() if all(key in other for other in each)}
