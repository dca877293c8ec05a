"""Whether a study may go on under its name with what its file says now: its trials must stay
comparable. Ranges may change and choices be added, if every trial so far lies in the new space."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from optuna.trial import FrozenTrial

from sem_ray.spec.origin import Keys
from sem_ray.studies.definition.space.points import point_key
from sem_ray.studies.definition.space.ranges import Range
from sem_ray.studies.definition.study_spec import StudySpec


def definition(spec: StudySpec) -> dict[str, Any]:
    """What makes two studies the same one, whatever their length, place and wording."""
    tree = spec.model_dump(mode="json", include={"objectives", "sampler", "seed", "derived"})
    tree["constraints"] = {str(constraint): True for constraint in spec.constraints}
    tree["objectives"] = {str(number): o for number, o in enumerate(tree["objectives"])}
    # As text, because whole numbers and others search differently and compare equal.
    search = {path: repr(distribution) for path, distribution in spec.search.items()}
    listed = {"points": repr(spec.points), "enqueue": repr(spec.enqueue)}
    if spec.early_stopping is not None:
        tree["early_stopping"] = spec.early_stopping.model_dump(mode="json")
    return {**tree, **listed, "search": search, "base": spec.experiment({}).model_dump(mode="json")}


def differences(saved: StudySpec, spec: StudySpec) -> list[Keys]:
    """Where two studies of one name are not the same."""
    return list(_differences(definition(saved), definition(spec)))


def refuse_incomparable(
    saved: StudySpec, spec: StudySpec, trials: Sequence[FrozenTrial], folder: Path
) -> None:
    """Raise `BadInput`, with the line of the study's file, if the trials that the study has cannot
    be compared with those that it would make now."""
    exists = f"study {spec.name} exists in {folder}"
    remedy = f"give this one another name, and --from {spec.name} to keep what fits"
    others = [keys for keys in differences(saved, spec) if not _is_space(saved, spec, keys)]
    if others:
        shown = ", ".join(map(".".join, others[:3]))
        raise spec.origin.fault(others[0], f"{exists} with another {shown}; {remedy}")
    for trial in trials:
        for keys, value in _outside(spec, trial):
            text = f"{'.'.join(keys)}: {exists}, and its trial {trial.number} has {value}, which is"
            raise spec.origin.fault(keys, f"{text} left out now; let it in, or {remedy}")


def _is_space(saved: StudySpec, spec: StudySpec, keys: Keys) -> bool:
    """Whether what differs is only which values a setting may have."""
    if saved.points and spec.points:
        return keys[0] in {"points", "search"}
    if keys[0] != "search" or not (keys[1] in saved.search and keys[1] in spec.search):
        return False
    old, new = saved.search[keys[1]], spec.search[keys[1]]
    return old.when == new.when and _kind(old) == _kind(new)


def _kind(distribution: Any) -> tuple[type, bool]:
    return type(distribution), isinstance(distribution, Range) and distribution.whole


def _outside(spec: StudySpec, trial: FrozenTrial) -> Iterator[tuple[Keys, Any]]:
    """The trial's values that the space has no more."""
    if spec.points:
        if point_key(trial.params) not in map(point_key, spec.points):
            yield ("points",), trial.params
        return
    for path, value in trial.params.items():
        if not spec.search[path].holds(value):
            yield ("search", path), value


def _differences(old: Any, new: Any, keys: Keys = ()) -> Iterator[Keys]:
    if not isinstance(old, dict) or not isinstance(new, dict):
        if old != new:
            yield keys
        return
    for key in {**old, **new}:
        if old.get(key) != new.get(key):
            yield from _differences(old.get(key), new.get(key), (*keys, key))
