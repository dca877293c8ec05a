"""A study file, read and checked as a whole before anything runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sem_ray.spec.origin import Keys, Origin, origin_of
from sem_ray.spec.reading import Tree, read_yaml
from sem_ray.spec.validation import did_you_mean
from sem_ray.studies.definition.ablation import refuse_other_keys
from sem_ray.studies.definition.checks import check_study
from sem_ray.studies.definition.objective import SINGLE
from sem_ray.studies.definition.overrides import StudyOverrides
from sem_ray.studies.definition.replicates import OTHER_FORMS, refuse_searched_seed
from sem_ray.studies.definition.sources import with_absolute_sources
from sem_ray.studies.definition.space.conditions import refuse_bad_conditions
from sem_ray.studies.definition.space.distributions import Distribution, read_distribution
from sem_ray.studies.definition.space.points import space_of
from sem_ray.studies.definition.study_spec import StudySpec, checked


def read_study(path: Path, changes: StudyOverrides | None = None) -> StudySpec:
    """The study in a YAML file, checked; `changes` are over what it says. Paths of data that exist
    become absolute, because trials run in other folders; they are looked up from here, then from
    beside the file. Raises `BadInput` with the file and the line of what is wrong."""
    tree, origin = read_yaml(path)
    return study_from(changes.of(tree) if changes else tree, origin, path.parent)


def study_from(tree: Tree, place: str | Origin, beside: Path | None = None) -> StudySpec:
    """A checked study. Raises `BadInput` that names `place`."""
    origin = _with_other_forms(origin_of(place))
    _refuse_unknown_keys(tree, origin)
    refuse_other_keys(tree, origin)
    tree = _with_space(tree, origin)
    spec = checked(tree, origin).written_in(origin)
    spec = _with_its_design(with_absolute_sources(spec, beside or Path.cwd()))
    check_study(spec)
    if spec.replicates is not None:
        refuse_searched_seed(spec.search, origin)
    return spec


def _with_its_design(spec: StudySpec) -> StudySpec:
    """An ablation that lists the configurations of its design, none of which has more seeds than
    others; a search as it is."""
    design = spec.ablation_design
    if design is None:
        return spec
    points = tuple(design.values(number) for number in range(len(design.points)))
    each = spec.runs_each.model_copy(update={"confirm": 0})
    return spec.model_copy(update={"points": points, "trials": len(points), "replicates": each})


def _with_other_forms(origin: Origin) -> Origin:
    """`metric` and `direction` of the file are those of the first objective, and `seeds` are
    `replicates`."""
    positions = dict(origin.positions)
    forms: dict[Keys, Keys] = {(key,): ("objectives", "0", key) for key in SINGLE}
    forms |= {(key,): ("replicates",) for key in OTHER_FORMS}
    for written, meant in forms.items():
        if written in positions:
            positions[meant] = positions[written]
    return replace(origin, positions=positions)


def _refuse_unknown_keys(tree: Tree, origin: Origin) -> None:
    known = (*StudySpec.model_fields, *SINGLE, *OTHER_FORMS)
    for key in tree:
        if key not in known:
            near = did_you_mean(str(key), known) or f"; known: {', '.join(known)}"
            raise origin.fault((str(key),), f"unknown key {key}{near}")


def _with_space(tree: Tree, origin: Origin) -> Tree:
    """The study's settings with what `search` or `points` vary. Raises `BadInput`."""
    if tree.get("points") is None:
        return {**tree, "search": _search(tree.get("search"), origin)}
    for key in ("search", "sampler", "enqueue"):
        if tree.get(key) is not None:
            raise origin.fault((key,), f"{key}: points are all that runs; drop {key}, or points")
    space = space_of(tree["points"], origin)
    return {"trials": len(tree["points"]), **tree, "search": space}


def _search(tree: Any, origin: Origin) -> dict[str, Distribution]:
    if not isinstance(tree, Mapping) or not tree:
        text = "search is empty; name what varies, as search: {noise.steps: {low: 1, high: 5}}"
        raise origin.fault(("search",), text)
    at = origin.within("search")
    space = {str(path): read_distribution(t, at.within(str(path))) for path, t in tree.items()}
    refuse_bad_conditions(space, at)
    return space
